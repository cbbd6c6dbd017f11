/** Counts the file descriptors and temporary folders that a test leaves behind. */
import { readdirSync, readlinkSync } from 'node:fs'

const listFolder = '/proc/self/fd'

/** False on systems that do not list a process's descriptors; a test that needs them is then skipped. */
export const canListDescriptors = process.platform === 'linux'

const targetOf = (descriptor: string): string => {
  try {
    return readlinkSync(`${listFolder}/${descriptor}`)
  } catch {
    // The descriptor of the listing itself is closed by now.
    return ''
  }
}

/** Paths below `folder` that this process has open, in sorted order; a path appears once per descriptor. */
export const openBelow = (folder: string): string[] =>
  readdirSync(listFolder)
    .map(targetOf)
    .filter((path) => path.startsWith(folder))
    .sort()
