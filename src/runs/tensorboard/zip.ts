/** Exports a run for TensorBoard as a zip with one folder, which TensorBoard takes as one run. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import { breathe } from '../breathe.ts'
import type { LoggedRun } from '../logged.ts'
import { eventFile, eventFileName } from './event-file.ts'

/** Rejects with RangeError for an event whose step is not a whole number, and where units cannot be read. */
export async function zipForTensorBoard(run: LoggedRun, folder: string): Promise<Blob> {
  const pieces: Blob[] = []
  for await (const piece of eventFile(run)) {
    pieces.push(new Blob([piece]))
    await breathe()
  }
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  await zip.add(`${folder}/${eventFileName}`, new BlobReader(new Blob(pieces)))
  return zip.close()
}
