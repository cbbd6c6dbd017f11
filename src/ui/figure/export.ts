/** Downloads charts as SVG, PNG or CSV, or all charts in a zip. fast-png encodes the PNG, because a canvas cannot write text chunks. */

import type { Run } from '../../runs/reduce.ts'
import { download } from '../../store/download.ts'
import { slug } from '../../store/names.ts'
import { figureSvg } from './export-svg.ts'
import type { Figure } from './figure.ts'
import { figureCsv } from './figure-csv.ts'

const sourceName = (figure: Figure | undefined, run: Run | null) =>
  slug(figure?.source?.name ?? run?.start?.config.name ?? 'run')

const fileName = (figure: Figure, run: Run | null, ending: string) =>
  `${sourceName(figure, run)}-${figure.id}.${ending}`

const svgType = 'image/svg+xml'

/** JSON for a text chunk of a PNG, which is Latin-1. Escapes other letters. */
const pngText = (value: unknown) =>
  JSON.stringify(value).replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The figure as PNG with `scale` image pixels per CSS pixel. Its text chunk "Description" holds the provenance. */
async function figurePng(figure: Figure, run: Run | null, scale: number): Promise<Blob> {
  const { svg, width, height, provenance } = await figureSvg(figure, run)
  const image = new Image(width, height)
  const url = URL.createObjectURL(new Blob([svg], { type: svgType }))
  try {
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width * scale
    canvas.height = height * scale
    const context = canvas.getContext('2d')
    if (!context) throw new Error('the browser provides no 2D canvas')
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    const { encode } = await import('fast-png')
    const size = { width: canvas.width, height: canvas.height }
    const png = encode({ ...size, data, channels: 4, depth: 8, text: { Description: pngText(provenance) } })
    return new Blob([png as Uint8Array<ArrayBuffer>], { type: 'image/png' })
  } finally {
    URL.revokeObjectURL(url)
  }
}

export async function downloadSvg(figure: Figure, run: Run | null): Promise<void> {
  const { svg } = await figureSvg(figure, run)
  download(new Blob([svg], { type: svgType }), fileName(figure, run, 'svg'))
}

export async function downloadPng(figure: Figure, run: Run | null, scale: number): Promise<void> {
  download(await figurePng(figure, run, scale), fileName(figure, run, scale === 2 ? 'png' : `${scale}x.png`))
}

export async function downloadCsv(figure: Figure, run: Run | null): Promise<void> {
  download(new Blob([figureCsv(figure)], { type: 'text/csv' }), fileName(figure, run, 'csv'))
}

/** Downloads every figure as SVG, PNG at 2× and CSV in one zip, named after the source. */
export async function downloadAll(figures: readonly Figure[], run: Run | null): Promise<void> {
  const { BlobReader, BlobWriter, TextReader, ZipWriter } = await import('@zip.js/zip.js')
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  for (const figure of figures) {
    await zip.add(fileName(figure, run, 'svg'), new TextReader((await figureSvg(figure, run)).svg))
    await zip.add(fileName(figure, run, 'png'), new BlobReader(await figurePng(figure, run, 2)), { level: 0 })
    await zip.add(fileName(figure, run, 'csv'), new TextReader(figureCsv(figure)))
  }
  download(await zip.close(), `${sourceName(figures[0], run)}-charts.zip`)
}
