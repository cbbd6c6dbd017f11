/** Generates bad input: files that researchers may encounter, and files of an attacker. */
import { stream } from '../random.ts'
import { picture } from './archives.ts'
import { type BadInput, goodFiles, type NamedBytes } from './bad-input.ts'
import { imageFormats } from './corpus-formats.ts'
import { gzips } from './corpus-gzip.ts'
import { badLabels } from './corpus-labels.ts'
import { layouts } from './corpus-layouts.ts'
import { nestedArchives, parquets } from './corpus-nested.ts'
import { pixelKinds } from './corpus-pixels.ts'
import { tars } from './corpus-tar.ts'
import { oldTars, tarEnds, tarLinks } from './corpus-tar-ends.ts'
import { zips } from './corpus-zip.ts'
import { otherFormats, windowsZips, zipEnds, zipNames } from './corpus-zip-names.ts'

const text = (content: string) => new TextEncoder().encode(content)

/** The same bytes with some bits flipped. */
export function flipped(bytes: Uint8Array, seed: number, count = 1): Uint8Array {
  const random = stream(seed, 'flip')
  const copy = Uint8Array.from(bytes)
  for (let i = 0; i < count; i++) copy[random.integer(copy.length)] ^= 1 << random.integer(8)
  return copy
}

async function images(good: readonly NamedBytes[]): Promise<BadInput[]> {
  const jpeg = new Uint8Array(await picture(200, 'jpeg', 64))
  const png = new Uint8Array(await picture(201, 'png', 64))
  const bad = (path: string, bytes: Uint8Array, reason: RegExp): BadInput => ({
    name: `image: ${reason.source}`,
    files: [...good, { path: `a/${path}`, bytes }],
    refused: { [`a/${path}`]: reason },
  })
  const broken = png.slice()
  broken[png.length - 30] ^= 4
  return [
    bad('cut.jpg', jpeg.subarray(0, -50), /the JPEG is truncated/),
    bad('head.jpg', jpeg.subarray(0, 30), /the JPEG is truncated/),
    bad('cut.png', png.subarray(0, -30), /the PNG is truncated/),
    bad('flipped.png', broken, /the PNG is damaged/),
    bad('empty.png', new Uint8Array(0), /the file is empty/),
    bad('zeros.jpg', new Uint8Array(3000), /only zeros/),
    bad('page.jpg', text('<!doctype html><title>404</title>'), /an HTML page, not an image/),
    bad('photo.jpg', text('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /unsupported: HEIC/),
    bad('pointer.png', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /a Git LFS pointer/),
  ]
}

export async function badInputs(): Promise<BadInput[]> {
  const good = await goodFiles()
  const zipped = [...zips(good), ...windowsZips(good), ...zipNames(good), ...zipEnds(good)]
  const tarred = [...tars(good), ...tarEnds(good), ...oldTars(good), ...tarLinks(good), ...gzips(good)]
  return [
    ...(await images(good)),
    ...pixelKinds(good),
    ...imageFormats(good),
    ...zipped,
    ...tarred,
    ...otherFormats(good),
    ...nestedArchives(good),
    ...parquets(good),
    ...layouts(good),
    ...badLabels(good),
  ]
}
