/** Names in archives: from bytes of whatever encoding to paths that are printable, unique and stay inside the set. */
import { entryName, type Refused } from '../entry.ts'

/** Code page 437, which zips without a mark of UTF-8 are in; of the bytes from 128 on. */
const page437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 where the bytes are, otherwise code page 437: two names that differ in bytes stay different. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Array.from(bytes, (b) => (b < 128 ? String.fromCharCode(b) : page437[b - 128])).join('')
  }
}

/** Control characters as their pictures (␀ …), those beyond ASCII by number. */
const printable = (name: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  name.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) =>
    c === '\u007f' ? '␡' : c < ' ' ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : `%${c.charCodeAt(0).toString(16)}`,
  )

/** What may not lead out of the set, or would mean different files to different systems. */
const unsafe: readonly (readonly [(path: string) => boolean, string])[] = [
  [(path) => path.includes('\0'), 'its path holds a NUL'],
  [(path) => /^[/\\]/.test(path), 'its path is absolute'],
  [(path) => /^[a-z]:/i.test(path), 'its path names a drive'],
  [(path) => path.split(/[/\\]/).includes('..'), 'its path leads out of the archive (..)'],
  [(path) => path.includes('\\'), 'its path holds a backslash'],
  [(path) => path.length > 4096, 'its path is longer than 4096 characters'],
]

/** A name of an archive as a path without `.` and empty parts, or why it is refused. */
export function safePath(name: string): { readonly path: string } | Refused {
  const path = printable(name)
  const reason = unsafe.find(([is]) => is(name))?.[1]
  if (reason) return { path: path.slice(0, 4096), reason }
  const plain = /(^|\/)\.?(\/|$)/.test(path) ? path.split('/').filter((part) => part !== '' && part !== '.') : [path]
  return { path: plain.join('/') }
}

const suffixes = /\.(zip|tar|tgz|tar\.gz|parquet)$/i

export const isArchiveName = (path: string): boolean => suffixes.test(path)

/** `train-00000-of-00002` of `data/train-00000-of-00002.parquet` */
export const archiveStem = (path: string): string => entryName(path).replace(suffixes, '')

/** `data/` of `data/train.tar` */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
