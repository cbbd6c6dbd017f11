/** Image files of every format that are cut, padded, impossible or of rare kinds, beside good ones. */
import type { BadInput, NamedBytes } from './bad-input.ts'
import { expectedOf, pillowCases } from './pillow-cases.ts'

const named = (file: string, pattern: RegExp) => pillowCases(file).filter(({ name }) => pattern.test(name))

/** Files in a class folder, with expected reasons; those without a reason are read. */
function together(
  name: string,
  good: readonly NamedBytes[],
  files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly reason?: RegExp }[],
): BadInput {
  const refused = files.flatMap(({ path, reason }) => (reason ? [[path, reason] as const] : []))
  return {
    name: `image files: ${name}`,
    files: [...good, ...files],
    refused: Object.fromEntries(refused),
    more: files.length - refused.length,
  }
}

const anyReason = /truncated|damaged|no pixels|no image|megapixels|unsupported/

/** The stored files of a kind, as Pillow and the lab read or refuse them. */
function kind(name: string, good: readonly NamedBytes[], file: string, pattern: RegExp, extension: string): BadInput {
  const all = pillowCases(file)
  const files = named(file, pattern).map((one, i) => ({
    path: `a/${i} of a kind.${extension}`,
    bytes: one.bytes,
    ...(expectedOf(one, all) ? {} : { reason: anyReason }),
  }))
  return together(name, good, files)
}

const one = (file: string, name: string) => pillowCases(file).find((found) => found.name === name)?.bytes as Uint8Array

export function imageFormats(good: readonly NamedBytes[]): BadInput[] {
  const files = [
    {
      path: 'a/screen.gif',
      bytes: one('files', 'GIF: a screen of 65535² pixels'),
      reason: /^65535 × 65535 pixels are /,
    },
    { path: 'a/huge.png', bytes: one('files', 'PNG: 100000² pixels'), reason: /^100000 × 100000 pixels are more/ },
    { path: 'a/huge.jpg', bytes: one('files', 'JPEG: 65500² pixels'), reason: /^65500 × 65500 pixels are more/ },
    { path: 'a/large.webp', bytes: one('files', 'WebP: 16383² pixels'), reason: /^16383 × 16383 pixels are more/ },
    { path: 'a/negative.bmp', bytes: one('bmp', '-2 × 2 pixels'), reason: /^4294967294 × 2 pixels are more/ },
    { path: 'a/flat.bmp', bytes: one('bmp', '0 × 2 pixels'), reason: /^the BMP has no pixels/ },
    { path: 'a/flat.jpg', bytes: one('files', 'JPEG: no rows'), reason: /^the JPEG has no pixels/ },
    { path: 'a/short.jpg', bytes: one('files', 'JPEG, baseline: cut, then an end'), reason: /its data end before/ },
    { path: 'a/zeros.jpg', bytes: one('files', 'JPEG, baseline: zeros in place of the end') },
    { path: 'a/open.png', bytes: one('files', 'PNG: no end') },
  ]
  return [
    together('sizes and ends', good, files),
    kind('JPEG', good, 'files', /^JPEG, (progressive|grey|with)/, 'jpg'),
    kind('PNG', good, 'files', /^PNG: /, 'png'),
    kind('GIF', good, 'files', /^GIF: /, 'gif'),
    kind('WebP', good, 'files', /^WebP/, 'webp'),
    kind('BMP', good, 'bmp', /header of (12|40|124)$|RLE|greys|position/, 'bmp'),
  ]
}
