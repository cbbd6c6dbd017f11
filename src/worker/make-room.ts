/** Frees storage for a run that is written, by the policy of runs/opfs/space-policy.ts. */
import type { ResumePoint } from '../protocol/run-record.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { pointsName, pointsText, readPoints } from '../runs/format/points.ts'
import { type Expendable, filesToDrop, type SpaceFacts } from '../runs/opfs/space-policy.ts'

async function removeAll(files: WritableRunFiles, paths: ReadonlySet<string>): Promise<void> {
  for (const path of paths) await files.remove(path)
}

const without = (points: readonly ResumePoint[], gone: ReadonlySet<string>) =>
  points.filter(({ weights, momentum }) => !gone.has(weights.file) && !(momentum && gone.has(momentum.file)))

/**
 * Removes what a run can go without, until `bytes` are free if there is so much; resolves to what it removed. The list of
 * resume points changes first, unless not even its few bytes fit.
 */
export async function dropFiles(
  files: WritableRunFiles,
  facts: Omit<SpaceFacts, 'points'>,
  bytes: number,
  name: string,
): Promise<readonly Expendable[]> {
  const points = await readPoints(files, name)
  const dropped = filesToDrop({ ...facts, points }, bytes)
  if (dropped.length === 0) return dropped
  const gone = new Set(dropped.flatMap((one) => one.files))
  const left = without(points, gone)
  const replaceList = async () => {
    if (left.length < points.length) await files.replace(pointsName, pointsText(left))
  }
  try {
    await replaceList()
    await removeAll(files, gone)
  } catch {
    await removeAll(files, gone)
    await replaceList()
  }
  return dropped
}
