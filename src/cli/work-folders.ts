/** The folders of a worker's runs: FOLDER/ID/ATTEMPT/ARM/seed-N. Each attempt writes a folder of its own, so that two never write to one. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { isGone, processTag } from '../data/node/processes.ts'
import { parseParts } from '../experiments/queue/parse-job.ts'
import type { Part, RunJob } from '../experiments/queue/run-job.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { readJson } from './arguments.ts'
import { isPart, replaceFile } from './disk.ts'
import { createFolder } from './folder.ts'
import { findRun } from './plan-host.ts'
import { trainedEpochs } from './resume.ts'
import { readFolder } from './run-disk.ts'

/** Where a worker keeps its runs unless it is told another folder. */
export const usualRuns = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'sweeps')

const attemptForm = /^(\d{13})-(.+)$/

interface Earlier {
  readonly folder: string
  /** The process that wrote it. */
  readonly tag: string
  readonly epochs: number
}

/** How far an attempt got; -1 for one that cannot go on. */
async function epochsIn(folder: string): Promise<number> {
  try {
    const found = await findRun(folder)
    if (found === 'finished' || found === 'diverged') return Number.POSITIVE_INFINITY
    if (found === 'new') return -1
    return (await trainedEpochs(await openRunReader(readFolder(folder), folder))) ?? -1
  } catch {
    // A damaged attempt is left alone, and the run begins anew.
    return -1
  }
}

/** The attempt that got furthest; of equal ones, the newest. */
async function furthest(home: string, name: string): Promise<Earlier | null> {
  let best: Earlier | null = null
  for (const own of existsSync(home) ? readdirSync(home).sort() : []) {
    const tag = attemptForm.exec(own)?.[2]
    if (tag === undefined) continue
    const folder = join(home, own)
    const epochs = await epochsIn(join(folder, name))
    if (epochs >= 0 && epochs >= (best?.epochs ?? 0)) best = { folder, tag, epochs }
  }
  return best
}

const isCopied = (path: string) => !isPart(path) && basename(path) !== 'run.lock'

/** What a worker knows about an attempt's folder. */
export interface AttemptFolder {
  readonly folder: string
  /** The folder of the run inside it. */
  readonly run: string
}

/** Names of attempts in this process differ even within a millisecond. */
let newest = 0

/**
 * Makes the folder of a new attempt, with what the best earlier one has. The folder of a process that has ended, or of this
 * one, is taken over; that of a process on another machine is copied, for it may still write.
 */
export async function openAttempt(runs: string, { id, name }: RunJob): Promise<AttemptFolder> {
  const home = join(runs, id)
  createFolder(home)
  newest = Math.max(newest + 1, Date.now())
  const folder = join(home, `${newest}-${processTag()}`)
  const earlier = await furthest(home, name)
  if (!earlier) createFolder(folder)
  else if (earlier.tag === processTag() || isGone(earlier.tag)) renameSync(earlier.folder, folder)
  else await cp(earlier.folder, folder, { recursive: true, filter: isCopied })
  return { folder, run: join(folder, name) }
}

/** Removes the other attempts at a run that has ended. */
export function removeOthers(runs: string, { id }: RunJob, { folder }: AttemptFolder): void {
  for (const own of readdirSync(join(runs, id)))
    if (attemptForm.test(own) && own !== basename(folder)) rmSync(join(runs, id, own), { recursive: true, force: true })
}

const partsName = 'parts.json'

/** Who trained the run so far. */
export const partsIn = ({ folder }: AttemptFolder): readonly Part[] => {
  const path = join(folder, partsName)
  return existsSync(path) ? parseParts(readJson(path, 'parts of the run')) : []
}

/** Notes who goes on from a step: what others did after it is trained again. */
export function addPart(attempt: AttemptFolder, part: Part): void {
  const before = partsIn(attempt).filter(({ fromStep }) => fromStep < part.fromStep)
  replaceFile(join(attempt.folder, partsName), JSON.stringify([...before, part]))
}
