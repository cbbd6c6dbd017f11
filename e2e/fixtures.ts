/** Writes image folders and archives for each story: three classes of PNG and JPEG files, one of them broken. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js'
import sharp from 'sharp'
import { tarOf } from '../src/testing/archives.ts'
import { rawGzip } from '../src/testing/raw-archives.ts'

export interface ImageFile {
  /** The path inside the dataset, such as `cat/0.png`. */
  readonly path: string
  readonly bytes: Uint8Array
}

const colors = { cat: [220, 60, 40], dog: [40, 180, 70], fox: [50, 70, 210] } as const

async function picture([r, g, b]: readonly number[], index: number): Promise<ImageFile['bytes']> {
  const size = 20 + index
  const raw = Uint8Array.from({ length: size * size * 3 }, (_, i) =>
    Math.min(255, [r, g, b][i % 3] + ((i * 37 + index * 91) % 40)),
  )
  const image = sharp(raw, { raw: { width: size, height: size, channels: 3 } })
  return index % 2 === 0 ? image.png().toBuffer() : image.jpeg().toBuffer()
}

/** `each` images of three classes, and a truncated PNG. */
export async function threeClasses(each = 12): Promise<ImageFile[]> {
  const files: ImageFile[] = []
  for (const [name, color] of Object.entries(colors)) {
    for (let i = 0; i < each; i++)
      files.push({ path: `${name}/${i}.${i % 2 === 0 ? 'png' : 'jpg'}`, bytes: await picture(color, i) })
  }
  const whole = await picture(colors.cat, 40)
  return [...files, { path: 'cat/broken.png', bytes: whole.subarray(0, 80) }]
}

/** Uneven classes with a split, and files with every kind of defect. */
export async function damagedClasses(): Promise<ImageFile[]> {
  const files: ImageFile[] = []
  for (const [c, [name, color]] of Object.entries(colors).entries()) {
    for (let i = 0; i < 12 - 3 * c; i++)
      files.push({ path: `train/${name}/${i}.png`, bytes: await picture(color, 2 * i) })
    files.push({ path: `val/${name}/0.jpg`, bytes: await picture(color, 31) })
  }
  const [cat, dog] = [await picture(colors.cat, 0), await picture(colors.dog, 0)]
  const text = new TextEncoder().encode('no image at all')
  return [
    ...files,
    { path: 'train/cat/half.png', bytes: cat.subarray(0, 80) },
    { path: 'train/dog/half.png', bytes: dog.subarray(0, 80) },
    { path: 'train/dog/empty.png', bytes: new Uint8Array() },
    { path: 'train/fox/text.png', bytes: text },
    { path: 'val/cat/same.png', bytes: cat },
    { path: 'train/dog/same.png', bytes: dog },
  ]
}

/** Writes files below a new folder of the given name and returns its path. */
export function writeFolder(name: string, files: readonly ImageFile[]): string {
  const root = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), name)
  mkdirSync(root, { recursive: true })
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
  }
  return root
}

/** Writes the files as a zip of one folder and returns its path. */
export async function writeZip(name: string, files: readonly ImageFile[]): Promise<string> {
  const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
  for (const { path, bytes } of files) await zip.add(`animals/${path}`, new Uint8ArrayReader(bytes))
  const path = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), name)
  writeFileSync(path, new Uint8Array(await (await zip.close()).arrayBuffer()))
  return path
}

/** Writes the files as a tar.gz of two archives, each in its own gzip member and padded, and returns its path. */
export function writeMembers(name: string, files: readonly ImageFile[]): string {
  const half = files.length >> 1
  const [first, second] = [files.slice(0, half), files.slice(half)].map((some) =>
    rawGzip([{ bytes: tarOf([...some]) }]),
  )
  const path = join(mkdtempSync(join(tmpdir(), 'lab-e2e-')), name)
  writeFileSync(path, Buffer.concat([first, second, new Uint8Array(512)]))
  return path
}
