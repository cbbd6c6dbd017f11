/** Decodes names in archives to paths that are printable, unique and inside the dataset. */
import { entryName, type Refused } from '../entry.ts'

/** Bytes 128 to 255 of code page 437, the encoding of zip names that are not marked as UTF-8. */
const page437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes valid UTF-8, and anything else as code page 437: names with different bytes remain different. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Array.from(bytes, (b) => (b < 128 ? String.fromCharCode(b) : page437[b - 128])).join('')
  }
}

/** Replaces control characters by their symbols (␀ …), or by a number if they are not ASCII. */
export const printable = (name: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for them.
  name.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) =>
    c === '\u007f' ? '␡' : c < ' ' ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : `%${c.charCodeAt(0).toString(16)}`,
  )

/** Paths that lead out of the dataset or name different files on different systems, with the reason. */
const unsafe: readonly (readonly [(path: string) => boolean, string])[] = [
  [(path) => path.includes('\0'), 'its path contains a NUL'],
  [(path) => /^[/\\]/.test(path), 'its path is absolute'],
  [(path) => /^[a-z]:/i.test(path), 'its path names a drive'],
  [(path) => path.split(/[/\\]/).includes('..'), 'its path leads out of the archive (..)'],
  [(path) => path.includes('\\'), 'its path contains a backslash'],
  [(path) => path.length > 4096, 'its path is longer than 4096 characters'],
]

/** Converts a name to a path without `.` and empty parts, or states why it is refused. */
export function safePath(name: string): { readonly path: string } | Refused {
  const path = printable(name)
  const reason = unsafe.find(([is]) => is(name))?.[1]
  if (reason) return { path: path.slice(0, 4096), reason }
  const plain = /(^|\/)\.?(\/|$)/.test(path) ? path.split('/').filter((part) => part !== '' && part !== '.') : [path]
  return { path: plain.join('/') }
}

/**
 * Whether backslashes separate folders in the names of an archive that does not say so: no name has a slash. Files with
 * a literal backslash in their names come from unpacking such an archive on Unix.
 */
export const hasBackslashPaths = (names: readonly string[]): boolean =>
  names.some((name) => name.includes('\\')) && !names.some((name) => name.replace(/^(\.\/)+/, '').includes('/'))

const suffixes = /\.(zip|tar|tgz|tar\.gz|parquet)$/i

export const isArchiveName = (path: string): boolean => suffixes.test(path)

export const isTarName = (path: string): boolean => /\.(tar|tgz|tar\.gz)$/i.test(path)

/** `train-00000-of-00002` of `data/train-00000-of-00002.parquet` */
export const archiveStem = (path: string): string => entryName(path).replace(suffixes, '')

/** `data/` of `data/train.tar` */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
