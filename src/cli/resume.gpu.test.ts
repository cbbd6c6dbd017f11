/** Real training runs into a folder that die or stop around a checkpoint, and resume. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { RunEvent } from '../protocol/run-events.ts'
import { picture } from '../testing/archives.ts'
import { testGpu } from '../testing/gpu.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { croppedAndProbed, toyConfig } from '../testing/toy-config.ts'
import { environmentOf } from '../train/environment.ts'
import { createLive } from '../train/live.ts'
import { train } from '../train/train.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { readEvents } from './read-events.ts'
import { canResume, readResume } from './resume.ts'
import { openRunFolder } from './run-folder.ts'
import { trainInto as runInto } from './train-run.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-resume-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const newFolder = () => join(home, `run-${folders++}`)

const data = syntheticSet({ classes: 3, train: 4, validation: 3, size: 16 })
const config = toyConfig(croppedAndProbed)

interface Settings {
  readonly disk?: Disk
  readonly onEvent?: (event: RunEvent, stop: () => void) => void
}

/** Trains into a folder, or resumes when the folder has a checkpoint. */
async function trainInto(path: string, { disk = nodeDisk, onEvent }: Settings = {}): Promise<void> {
  const gpu = await testGpu()
  const found = canResume(path) ? readResume(path) : undefined
  const folder = openRunFolder(path, found?.recorded, { disk })
  const controller = new AbortController()
  const environment = environmentOf('a test', gpu, data)
  const { save, saveResume } = folder
  const host = { live: createLive(), signal: controller.signal, save, saveResume }
  try {
    for await (const event of train({ config, data, environment, gpu, ...host, resume: found?.resume })) {
      folder.record({ ...event, time: 0 })
      onEvent?.(event, () => controller.abort())
    }
  } finally {
    folder.close()
  }
}

/** A disk on which the process dies at the `after`th operation behind the creation of a checkpoint file. */
function dyingAround(checkpoint: string, after: number): Disk {
  let left: number | null = null
  const check = () => {
    if (left !== null && left-- <= 0) throw new Error('killed')
  }
  const checked = <A extends unknown[], R>(operation: (...args: A) => R, path?: (...args: A) => unknown) => {
    return (...args: A): R => {
      if (left === null && String(path?.(...args)).includes(checkpoint)) left = after
      check()
      return operation(...args)
    }
  }
  return {
    create: checked(nodeDisk.create, (path) => path),
    open: checked(nodeDisk.open),
    size: checked(nodeDisk.size),
    cut: checked(nodeDisk.cut),
    write: checked(nodeDisk.write),
    sync: checked(nodeDisk.sync),
    close: checked(nodeDisk.close),
    rename: checked(nodeDisk.rename),
    syncFolder: checked(nodeDisk.syncFolder),
    remove: checked(nodeDisk.remove),
  }
}

const contentsOf = (path: string) => ({
  metrics: readFileSync(join(path, 'metrics.csv'), 'utf8'),
  selectivity: readFileSync(join(path, 'selectivity.csv'), 'utf8'),
  // The bytes on the GPU depend on what ran before in the process.
  events: readEvents(join(path, 'events.jsonl'))
    .filter(({ type }) => ['step', 'evaluation', 'probe', 'checkpoint'].includes(type))
    .map((event) => ({ ...event, gpuBytes: 0 })),
  checkpoints: readdirSync(join(path, 'checkpoints'))
    .filter((file) => file.endsWith('.safetensors'))
    .map((file) => [file, readFileSync(join(path, 'checkpoints', file)).toString('base64')]),
})

it('resumes a run that died around a checkpoint to the files of an uninterrupted run', async () => {
  const whole = newFolder()
  await trainInto(whole)
  // The operations: 0 create, 1 write, 2 sync, 3 rename, 4 sync the folder, 5 close; then the same for the momentum
  // (6 to 11); then 12 records the checkpoint's event.
  for (const [checkpoint, after] of [
    ['epoch-0000', 12],
    ['epoch-0001', 0],
    ['epoch-0001', 4],
    ['epoch-0001', 9],
    ['epoch-0001', 10],
    ['epoch-0001', 12],
    ['epoch-0002', 12],
  ] as const) {
    const path = newFolder()
    await expect(trainInto(path, { disk: dyingAround(checkpoint, after) })).rejects.toThrow('killed')
    await trainInto(path)
    expect(contentsOf(path), `${checkpoint}, operation ${after}`).toEqual(contentsOf(whole))
  }
})

it.each(['evaluating', 'probing'] as const)(
  'resumes a run that was stopped while %s to the same files',
  async (activity) => {
    const whole = newFolder()
    await trainInto(whole)
    const path = newFolder()
    await trainInto(path, {
      onEvent: (event, stop) => {
        if (event.type === 'activity' && event.activity === activity && event.step === 2) stop()
      },
    })
    expect(readEvents(join(path, 'events.jsonl')).at(-1)).toMatchObject({ type: 'end', reason: 'stopped', step: 2 })
    await trainInto(path)
    expect(contentsOf(path)).toEqual(contentsOf(whole))
  },
)

it('refuses to resume on changed images, before it touches the folder', async () => {
  const source = join(home, 'images')
  for (const [i, name] of ['a', 'b'].entries()) {
    mkdirSync(join(source, name), { recursive: true })
    for (let k = 0; k < 5; k++) writeFileSync(join(source, name, `${k}.png`), await picture(10 * i + k))
  }
  const path = newFolder()
  const gpu = await testGpu()
  const request = {
    config: toyConfig({ ...croppedAndProbed, data: { ...croppedAndProbed.data, source } }),
    out: path,
    live: createLive(),
    signal: new AbortController().signal,
    open: async () => ({ gpu, driver: 'a test' }),
    tuning: 'untuned',
    cache: false,
  } as const
  for await (const _ of runInto(request));
  const before = contentsOf(path)
  writeFileSync(join(source, 'a', '9.png'), await picture(99))
  const { recorded, resume } = readResume(path)
  await expect(runInto({ ...request, recorded, resume }).next()).rejects.toThrow(
    /^the images of .* have changed since the run began \(fingerprint .*: \d+ training images instead of 8\); .* --accept-changed-data to go on with these$/,
  )
  expect(contentsOf(path)).toEqual(before)
})
