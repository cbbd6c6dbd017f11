/** Saves resume points: the states' files, then the list that names them, and only then are older states removed. */
import type { LoggedUpTo, ResumePoint, ResumeState, SealedFile } from '../../protocol/run-record.ts'
import { bytesOf } from './blobs.ts'
import type { WritableRunFiles } from './files.ts'
import { filesOf, isCheckpoint, pointsName, pointsText, retained } from './points.ts'
import { checkpointPath } from './reader.ts'
import { RunError } from './run-error.ts'
import { sealOf } from './seal.ts'

/** The points of a run that is written. */
export interface PointStore {
  readonly files: WritableRunFiles
  /** Hashes of checkpoints, by path. */
  readonly seals: Map<string, SealedFile>
  /** Those that points.json names. */
  points: readonly ResumePoint[]
}

export interface PointPlace {
  readonly logs: LoggedUpTo
  /** Whether the momentum of every checkpoint is kept. */
  readonly momentum: boolean
}

const digits = (step: number) => String(step).padStart(8, '0')

/** The files of a state without its folder: of a checkpoint, its name. */
const stemOf = ({ step, weights, checkpoint }: ResumeState): string =>
  weights ? `step-${digits(step)}` : checkpoint.replace(/\.safetensors$/, '')

async function sealOfCheckpoint({ files, seals }: PointStore, file: string): Promise<SealedFile> {
  const path = checkpointPath(file)
  const known = seals.get(path)
  if (known) return known
  const blob = await files.read(path)
  if (!blob) throw new RunError(`${path} is missing`)
  return sealOf(path, await bytesOf(blob))
}

async function saved(files: WritableRunFiles, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<SealedFile> {
  // Another thread computes the hash, from a copy that the call makes, while this one writes.
  const [seal] = await Promise.all([sealOf(path, bytes), files.replace(path, bytes)])
  return seal
}

const isState = (name: string) => /(^|\.)(weights|momentum)\.safetensors$/.test(name)

/** Removes states that no point names, also those of a crash. What cannot be removed now is removed later. */
async function removeOldStates({ files, points }: PointStore): Promise<void> {
  const named = filesOf(points)
  try {
    for (const { name } of await files.list('resume'))
      if (isState(name) && !named.has(`resume/${name}`)) await files.remove(`resume/${name}`)
  } catch {
    return
  }
}

/** Replaces the list of points. */
async function replacePoints(store: PointStore, points: readonly ResumePoint[]): Promise<void> {
  await store.files.replace(pointsName, pointsText(points))
  store.points = points
}

/** Frees space: removes all states within epochs but the newest point. Resolves to whether there were some. */
export async function thinPoints(store: PointStore): Promise<boolean> {
  const { points } = store
  const fewer = points.filter((point, i) => i === points.length - 1 || isCheckpoint(point))
  if (fewer.length === points.length) return false
  await replacePoints(store, fewer)
  await removeOldStates(store)
  return true
}

/** Saves a point. When it rejects, the points before it hold. */
export async function savePoint(store: PointStore, state: ResumeState, { logs, momentum }: PointPlace): Promise<void> {
  const { step, epoch, batch, checkpoint, savedStep } = state
  const stem = stemOf(state)
  const weights = state.weights
    ? await saved(store.files, `resume/${stem}.weights.safetensors`, state.weights)
    : await sealOfCheckpoint(store, checkpoint)
  const own = await saved(store.files, `resume/${stem}.momentum.safetensors`, state.momentum)
  const point: ResumePoint = { step, epoch, batch, weights, momentum: own, logs, checkpoint, savedStep }
  const before = store.points.filter((other) => other.step < step)
  await replacePoints(store, retained([...before, point], momentum))
  await removeOldStates(store)
}
