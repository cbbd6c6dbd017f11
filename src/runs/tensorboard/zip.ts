/** Exports a run for TensorBoard as a zip with one folder, which TensorBoard takes as one run. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import { breathe } from '../breathe.ts'
import { eventFile, eventFileName } from './event-file.ts'

/** Rejects with RangeError for an event whose step is not a whole number. */
export async function zipForTensorBoard(events: AsyncIterable<RecordedEvent>, folder: string): Promise<Blob> {
  const pieces: Blob[] = []
  for await (const piece of eventFile(events)) {
    pieces.push(new Blob([piece]))
    await breathe()
  }
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  await zip.add(`${folder}/${eventFileName}`, new BlobReader(new Blob(pieces)))
  return zip.close()
}
