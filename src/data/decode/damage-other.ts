/** Recognizes files with image names that are not supported images: other image formats, and other files. */
import { hexOf } from '../../hex.ts'

/** Reasons by the first bytes, hexadecimal. */
const signatures: Readonly<Record<string, string>> = {
  '0000000c6a502020': 'unsupported: JPEG 2000',
  ff4fff51: 'unsupported: JPEG 2000',
  '0000000c4a584c20': 'unsupported: JPEG XL',
  ff0a: 'unsupported: JPEG XL',
  '49492a00': 'unsupported: TIFF',
  '4d4d002a': 'unsupported: TIFF',
  '38425053': 'unsupported: PSD',
  '00000100': 'unsupported: an icon',
  '25504446': 'a PDF document, not an image',
  '504b0304': 'an archive, not an image',
  '1f8b': 'an archive, not an image',
  '52617221': 'an archive, not an image',
}

/** Reasons by the brand of an MPEG-4 container. */
const brands: Readonly<Record<string, string>> = {
  heic: 'unsupported: HEIC',
  heix: 'unsupported: HEIC',
  heim: 'unsupported: HEIC',
  hevc: 'unsupported: HEIC',
  mif1: 'unsupported: HEIC',
  msf1: 'unsupported: HEIC',
  avif: 'unsupported: AVIF',
  avis: 'unsupported: AVIF',
}

/** Reasons by the text at the start of a file. */
const texts: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the image itself: fetch it with git lfs pull'],
  [/^(<!doctype html|<html|<head|<body)/i, 'an HTML page, not an image'],
  [/^(<\?xml[^>]*>\s*)?(<!--[^>]*>\s*)?(<!doctype svg[^>]*>\s*)?<svg/i, 'unsupported: SVG'],
  [/^<\?xml/i, 'an XML document, not an image'],
  [/^\{\s*"/, 'a JSON document, not an image'],
]

/** Bytes that are enough to recognize a text file. */
const headLength = 1024

const utf8 = new TextDecoder()

function mediaContainer(text: string): string | null {
  if (text.slice(4, 8) !== 'ftyp') return null
  return brands[text.slice(8, 12)] ?? 'a video, not an image'
}

/** Why a file without a supported image format cannot be used; null if its format is unknown. */
export function otherFormat(bytes: Uint8Array): string | null {
  if (bytes.every((b) => b === 0)) return 'the file contains only zeros'
  const head = hexOf(bytes.subarray(0, 8))
  const signature = Object.keys(signatures).find((known) => head.startsWith(known))
  if (signature) return signatures[signature]
  const text = utf8.decode(bytes.subarray(0, headLength))
  return mediaContainer(text) ?? texts.find(([pattern]) => pattern.test(text.trimStart()))?.[1] ?? null
}
