/** Folders of runs in a zip, by the runs' names. */

/** Characters that some operating system does not allow in a file name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are among them
const refused = /[\\:*?"<>|\u0000-\u001f]|[. ]+$/g

const folderName = (part: string) => part.replace(refused, '-') || '-'

/** A folder for each run name, `ARM/seed-N` unchanged. The folders differ even when case is ignored. */
export function runFolders(names: readonly string[]): string[] {
  const before = new Map<string, number>()
  return names.map((name) => {
    const folder = name.split('/').map(folderName).join('/')
    const times = (before.get(folder.toLowerCase()) ?? 0) + 1
    before.set(folder.toLowerCase(), times)
    return times === 1 ? folder : `(${times}) ${folder}`
  })
}
