/** What a dataset's files are that are not read as images. */
import { type Entry, isImage } from '../entry.ts'
import { DataError } from '../source.ts'
import { type Folder, folderPath } from './folder-tree.ts'
import { insideParent } from './labeled.ts'
import { isMetadata } from './metadata.ts'
import type { Reading } from './reading.ts'

/** Images of kinds that the lab does not read. */
const otherKinds = /\.(tiff?|hei[cf]|avif|jp2|j2k|jxl|p[bgpn]m|psd|svg|ico|tga|dcm|dng|cr[23]|nef|arw|raf|orf|rw2)$/i

const isOtherKind = ({ path }: Entry) => otherKinds.test(path)

const suffixesOf = (files: readonly Entry[]): string =>
  [...new Set(files.map(({ path }) => path.slice(path.lastIndexOf('.')).toLowerCase()))].sort().join(', ')

const cure = 'convert them to PNG or JPEG'

/** Why a dataset holds no images. `expected`: the layout of a dataset. */
export function noImages(name: string, files: readonly Entry[], expected: string): DataError {
  const others = files.filter(isOtherKind)
  if (others.length > 0)
    return new DataError(
      `no images in ${name} that the lab reads: ${others.length} are of other kinds (${suffixesOf(others)}), for example ${others[0].path}; ${cure}`,
    )
  const found = `${files.length} other ${files.length === 1 ? 'file' : 'files'}${files[0] ? `, for example ${files[0].path}` : ''}`
  return new DataError(
    `no images in ${name} (${found}). ${expected} Names of images end in .jpg, .png, .webp, .gif or .bmp.`,
  )
}

function hasImages(root: Folder, path: string): boolean {
  let folder: Folder | undefined = root
  for (const name of path === '' ? [] : path.split('/')) folder = folder?.folders.get(name)
  return folder !== undefined
}

/** Folders that hold images of other kinds and no others, so that they are no classes. */
function lostNote(files: readonly Entry[], root: Folder, reading: Reading): string {
  const lost = [...new Set(files.map(({ path }) => folderPath(path)))].filter((path) => !hasImages(root, path))
  if (lost.length === 0) return ''
  const example = insideParent(lost[0], reading)
  return lost.length === 1
    ? ` The folder ${example} holds no other images, so it is no class.`
    : ` ${lost.length} folders hold no other images, so they are no classes, for example ${example}.`
}

function otherKindNote(files: readonly Entry[], root: Folder, reading: Reading): string[] {
  if (files.length === 0) return []
  const which = files.length === 1 ? 'One image is of a kind' : `${files.length} images are of kinds`
  const example = insideParent(files[0].path, reading)
  const note = `${which} that the lab does not read (${suffixesOf(files)}), for example ${example}; ${cure}.`
  return [note + lostNote(files, root, reading)]
}

/** Notes on the files that are neither images nor lists. */
export function otherFilesNotes(all: readonly Entry[], root: Folder, reading: Reading): string[] {
  const known = /\.(txt|csv|json|md|xml)$/i
  const files = all.filter((file) => !isImage(file) && !known.test(file.path) && !isMetadata(file))
  const rest = files.filter((file) => !isOtherKind(file))
  const notes = otherKindNote(files.filter(isOtherKind), root, reading)
  if (rest.length === 0) return notes
  const which =
    rest.length === 1 ? 'One file that is not an image was' : `${rest.length} files that are not images were`
  return [...notes, `${which} ignored, for example ${insideParent(rest[0].path, reading)}.`]
}
