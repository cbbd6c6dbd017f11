/** Offers a file to the user as a download. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = name
  anchor.click()
  // The browser reads the URL after this task; a minute is enough for any disk.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
