/** Draws the images of a run as its record says: runs of earlier versions drew them otherwise. */
import type { DataRecord } from '../../protocol/environment.ts'
import type { ImageSet } from '../source.ts'

/**
 * From what a run drew its images: the list of files; in earlier versions the images that could be read, or, where their check
 * was skipped, the list, but without others in place of unreadable ones.
 */
export type Draw = 'list' | 'readable' | 'listed'

/** `recorded`: absent for a new run. */
export function drawOf(recorded: Pick<DataRecord, 'used' | 'contents'> | undefined): Draw {
  if (!recorded || recorded.used) return 'list'
  return recorded.contents === null ? 'listed' : 'readable'
}

/** The set from which a run drew its images. Those of earlier versions can only be drawn again once all are read. */
export async function asRecorded(set: ImageSet, recorded: DataRecord | undefined): Promise<ImageSet> {
  const draw = drawOf(recorded)
  return draw === 'list' || !set.asBefore ? set : set.asBefore(draw)
}
