/** Charts as files: SVG, PNG, CSV, one by one or all in a zip (zip.js, as for runs). */

import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js'
import { csvFormatRows } from 'd3-dsv'
import type { Run } from '../../runs/reduce.ts'
import { download } from '../../store/download.ts'
import { slug } from '../../store/names.ts'
import type { Figure } from './chart-frame.tsx'
import { figureSvg } from './export-svg.ts'

const sourceName = (figure: Figure | undefined, run: Run | null) =>
  slug(figure?.source?.name ?? run?.start?.config.name ?? 'run')

const fileName = (figure: Figure, run: Run | null, ending: string) =>
  `${sourceName(figure, run)}-${figure.id}.${ending}`

const svgType = 'image/svg+xml'

/** The very numbers of the events, neither thinned nor smoothed, and what the source says of all of them. */
export function figureCsv({ table, source }: Pick<Figure, 'table' | 'source'>): string {
  const { cells = {} } = source ?? {}
  const rows = table.rows().map((row) => [...row.map(String), ...Object.values(cells)])
  return `${csvFormatRows([[...table.columns, ...Object.keys(cells)], ...rows])}\n`
}

/** Draws the figure's SVG at `scale` pixels per pixel. */
async function figurePng(figure: Figure, run: Run | null, scale: number): Promise<Blob> {
  const { svg, width, height } = await figureSvg(figure, run)
  const image = new Image(width, height)
  const url = URL.createObjectURL(new Blob([svg], { type: svgType }))
  try {
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width * scale
    canvas.height = height * scale
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('the browser could not write a PNG'))),
        'image/png',
      )
    })
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

/** Every figure as SVG, PNG at 2×, and CSV, in one zip that is named after their source. */
export async function downloadAll(figures: readonly Figure[], run: Run | null): Promise<void> {
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  for (const figure of figures) {
    await zip.add(fileName(figure, run, 'svg'), new TextReader((await figureSvg(figure, run)).svg))
    await zip.add(fileName(figure, run, 'png'), new BlobReader(await figurePng(figure, run, 2)), { level: 0 })
    await zip.add(fileName(figure, run, 'csv'), new TextReader(figureCsv(figure)))
  }
  download(await zip.close(), `${sourceName(figures[0], run)}-charts.zip`)
}
