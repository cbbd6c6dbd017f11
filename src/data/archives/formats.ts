/** Recognizes archives that cannot be read, and files that are no archives, to state the cure. */

interface Format {
  readonly name: string
  readonly mark: readonly number[]
  /** Names of files in this format. */
  readonly named: RegExp
}

const formats: readonly Format[] = [
  { name: 'a bzip2 file', mark: [0x42, 0x5a, 0x68], named: /\.(tar\.bz2?|tbz2?|tb2)$/i },
  { name: 'an xz file', mark: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], named: /\.(tar\.xz|txz)$/i },
  { name: 'a Zstandard file', mark: [0x28, 0xb5, 0x2f, 0xfd], named: /\.(tar\.zst|tzst)$/i },
  { name: 'a 7-Zip archive', mark: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], named: /\.7z(\.\d{3})?$/i },
  { name: 'a RAR archive', mark: [0x52, 0x61, 0x72, 0x21, 0x1a, 7], named: /\.(rar|r\d\d)$/i },
  { name: 'an LZ4 file', mark: [4, 0x22, 0x4d, 0x18], named: /\.tar\.lz4$/i },
  { name: 'an lzip file', mark: [0x4c, 0x5a, 0x49, 0x50], named: /\.(tar\.lz|tlz)$/i },
  { name: 'an LZMA file', mark: [0x5d, 0, 0], named: /\.tar\.lzma$/i },
  { name: 'a compress file', mark: [0x1f, 0x9d], named: /\.(tar\.z|taz)$/i },
]

const refusal = ({ name }: Format) =>
  `${name}, which cannot be read; unpack it and choose its folder, or pack it as .tar or .zip`

/** Why a file with this name is not opened, for names of archives that cannot be read. */
export function unreadableName(path: string): string | null {
  const found = formats.find(({ named }) => named.test(path))
  return found ? refusal(found) : null
}

const texts: readonly (readonly [RegExp, string])[] = [
  [/^\s*(<!doctype html|<html|<head|<body)/i, 'an HTML page, not an archive; download it again'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the archive itself; fetch it with git lfs pull'],
]

/** What a file with these first bytes is, with the cure; null if it is unknown. */
export function unreadableHead(head: Uint8Array): string | null {
  const found = formats.find(({ mark }) => mark.every((byte, i) => head[i] === byte))
  if (found) return refusal(found)
  const text = new TextDecoder('latin1').decode(head)
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
