/** Hands a file to the user as a plain download. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = name
  anchor.click()
  // The browser reads the URL after this task; a minute is long enough for any disk.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
