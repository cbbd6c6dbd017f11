import { describe, expect, it, vi } from 'vitest'
import { DeviceError } from '../gpu/device.ts'
import { classMetadata } from '../model/classifier-rows.ts'
import { parseSafetensors, writeSafetensors } from '../model/safetensors.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { refuseBuffers } from '../testing/gpu-errors.ts'
import { testStorage } from '../testing/opfs.ts'
import { openTestSession, uncached } from '../testing/session.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { asType, stateOf } from '../testing/weights.ts'
import { runsIn } from './run-storage.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

const is =
  <T extends LabMessage['type']>(type: T) =>
  (message: LabMessage): message is Of<T> =>
    message.type === type

const start = (runId: string, config = toyConfig()) =>
  ({ type: 'start', config, runId, tuning: 'untuned', eager: false }) as const

type Session = ReturnType<typeof openTestSession>

const steps = ({ events }: Session) => events().flatMap((event) => (event.type === 'step' ? [event.step] : []))

/** A command to measure the linearity of the newest run at a checkpoint. */
async function linearityOf({ event }: Session, request: number, id: string, epoch: number) {
  const { config, classes, environment } = await event('start')
  const { file } = await event('checkpoint', (one) => one.epoch === epoch)
  const run = {
    id,
    config,
    classes: classes.map((one) => one.id),
    kernels: environment.kernels,
    fingerprint: environment.data.fingerprint,
  }
  return { type: 'measure', request, run, measurement: { kind: 'linearity', checkpoints: [{ file, epoch }] } } as const
}

const finite = (bytes: Uint8Array = new Uint8Array()) =>
  [...parseSafetensors(bytes).tensors.values()].every(({ data }) =>
    data.every((value) => Number.isFinite(Number(value))),
  )

describe('a session', () => {
  it('opens a device, then trains a run to its end', async () => {
    const session = openTestSession()
    expect((await session.message(is('device'))).adapter.name).not.toBe('')
    session.handle(start('one'))
    const end = await session.event('end')
    expect(end).toMatchObject({ reason: 'finished', step: 4 })
    expect(session.events()[0].type).toBe('activity')
    expect(steps(session)).toEqual([1, 2, 3, 4])
    expect([...session.files.keys()]).toEqual([0, 1, 2].map((epoch) => `one/epoch-000${epoch}.safetensors`))
    expect([...session.files.values()].every(finite)).toBe(true)
  })

  it('describes a file of weights, and trains from them with the classifier’s rows in the order of the classes', async () => {
    const session = openTestSession()
    const config = toyConfig()
    const names = (order: readonly number[]) => order.map((i) => ({ id: `class_${i}`, name: '' }))
    const tensors = stateOf({ ...config.model, classes: 3 })
    const halves = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, asType(tensor, 'F16')]))
    const bytes = writeSafetensors({ tensors: halves, metadata: classMetadata(names([2, 0, 1]), 'name') })
    const file = new File([bytes], 'halves.safetensors')
    session.handle({ type: 'read-weights', request: 7, file })
    const { report } = await session.message(is('weights'))
    expect(report).toMatchObject({ file: 'halves.safetensors', bytes: bytes.length })
    expect(report.parts).toEqual([
      {
        prefix: 'module.',
        dtypes: ['F16'],
        model: { ...config.model, classes: 3 },
        classes: ['class_2', 'class_0', 'class_1'],
      },
    ])
    const { sha256 } = report
    session.handle({ ...start('one', config), initial: { file, sha256, prefix: 'module.', without: [] } })
    expect((await session.event('start')).environment.initial).toEqual({
      file: 'halves.safetensors',
      sha256,
      prefix: 'module.',
      dtypes: ['F16'],
      fresh: [],
      classes: 'remapped',
    })
    expect((await session.event('warning')).message).toMatch(/rows of the classifier were put into the order/)
    await session.event('checkpoint')
    const first = parseSafetensors(session.files.get('one/epoch-0000.safetensors') ?? new Uint8Array())
    const bias = tensors.get('fc.bias')?.data as Float32Array
    expect(first.tensors.get('fc.bias')?.data).toEqual(Float32Array.of(bias[1], bias[2], bias[0]))
    expect(first.tensors.get('conv1.weight')?.data).toEqual(tensors.get('conv1.weight')?.data)
    expect(JSON.parse(first.metadata.classes)).toEqual(['class_0', 'class_1', 'class_2'])
    await session.event('end')
  })

  it('refuses weights that do not fit or have changed, before the first step', async () => {
    const refusal = async (file: File, sha256?: string) => {
      const session = openTestSession()
      session.handle({ type: 'read-weights', request: 1, file })
      const found = await session.message(
        (one): one is Of<'weights'> | Of<'weights-refused'> => one.type === 'weights' || one.type === 'weights-refused',
      )
      if (found.type === 'weights-refused') return found.message
      const initial = { file, sha256: sha256 ?? found.report.sha256, prefix: '', without: [] }
      session.handle({ ...start('one'), initial })
      return (await session.message(is('failure'))).message
    }
    const of = (classes: number) =>
      new File(
        [writeSafetensors({ tensors: stateOf({ ...toyConfig().model, classes }), metadata: {} })],
        'w.safetensors',
      )
    expect(await refusal(new File(['no weights'], 'w.safetensors'))).toMatch(
      /^w\.safetensors cannot be used: not a safetensors file/,
    )
    expect(await refusal(new File([writeSafetensors({ tensors: new Map(), metadata: {} })], 'w.safetensors'))).toMatch(
      /no weights of a ResNet/,
    )
    expect(await refusal(of(5))).toMatch(/wrong shape of fc\.weight.*turn on “Fresh classifier”/)
    expect(await refusal(of(3), 'other')).toMatch(/has changed since it was chosen; choose it again/)
  })

  it('pauses, takes single steps, resumes and stops', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'pause' })
    await session.event('activity', ({ activity }) => activity === 'paused')
    expect(steps(session)).toEqual([])
    session.handle({ type: 'step' })
    await session.event('activity', ({ activity, step }) => activity === 'paused' && step === 1)
    expect(steps(session)).toEqual([1])
    session.handle({ type: 'resume' })
    await session.event('step', ({ step }) => step === 2)
    session.handle({ type: 'stop' })
    expect(await session.event('end')).toMatchObject({ reason: 'stopped' })
    expect(session.messages.some(is('failure'))).toBe(false)
  })

  it('pauses automatically after the checkpoints of chosen epochs, except the last', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'hold-at', epochs: [1, 2] })
    expect(await session.event('activity', ({ activity }) => activity === 'paused')).toMatchObject({
      step: 2,
      epoch: 1,
    })
    session.handle({ type: 'resume' })
    expect(await session.event('end')).toMatchObject({ reason: 'finished', step: 4 })
  })

  it('applies the α that the user holds from the next step', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'alpha', value: -3 })
    const first = await session.event('step')
    expect(first).toMatchObject({ step: 1, alpha: -3, held: true })
    await session.event('end')
  })

  it('ignores an α and a pause that arrive after the end of a run', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    await session.event('end')
    session.handle({ type: 'alpha', value: -3 })
    session.handle({ type: 'pause' })
    const before = session.messages.length
    session.handle(start('two'))
    await vi.waitUntil(
      () => session.messages.slice(before).some((one) => one.type === 'event' && one.event.type === 'end'),
      60_000,
    )
    const later = session.messages.slice(before).flatMap((one) => (one.type === 'event' ? [one.event] : []))
    expect(later.flatMap((one) => (one.type === 'step' ? [[one.alpha, one.held]] : []))).toEqual(
      Array.from({ length: 4 }, () => [0, false]),
    )
    expect(later.some((one) => one.type === 'activity' && one.activity === 'paused')).toBe(false)
  })

  it('measures an earlier run only after a run that is paused from its start has prepared everything', async () => {
    let prepared = () => {}
    const preparing = new Promise<void>((resolve) => {
      prepared = resolve
    })
    let preparations = 0
    const session = openTestSession({
      host: {
        prepareImages: async (...given) => {
          if (++preparations === 2) await preparing
          return uncached(...given)
        },
      },
    })
    session.handle(start('one'))
    await session.event('end')
    const measure = await linearityOf(session, 1, 'one', 2)
    session.handle(start('two'))
    session.handle({ type: 'pause' })
    await vi.waitUntil(() => preparations === 2)
    session.handle(measure)
    await new Promise((resolve) => setTimeout(resolve))
    expect(preparations).toBe(2)
    prepared()
    await session.message(is('measure-finished'))
    const order = session.messages.map((one) =>
      one.type === 'event' && one.event.type === 'activity' ? one.event.activity : one.type,
    )
    expect(order.lastIndexOf('paused')).toBeLessThan(order.indexOf('measured'))
    session.handle({ type: 'stop' })
    await session.event('end', ({ reason }) => reason === 'stopped')
  })

  it('refuses to start a second run, or a run without a dataset', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle(start('two'))
    expect((await session.message(is('failure'))).message).toMatch(/A run is active/)
    await session.event('end')
    const empty = openTestSession({ set: null })
    empty.handle(start('one'))
    expect((await empty.message(is('failure'))).message).toMatch(/There is no dataset yet/)
    await empty.message(is('device'))
  })

  it('reports a stop before the first step as a failure, and can start again', async () => {
    let started = () => {}
    const preparing = new Promise<void>((resolve) => {
      started = resolve
    })
    const session = openTestSession({
      host: {
        prepareImages: async (set, config, options) => {
          started()
          await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve()))
          options.signal.throwIfAborted()
          return uncached(set, config, options)
        },
      },
    })
    session.handle(start('one'))
    await preparing
    session.handle({ type: 'stop' })
    expect((await session.message(is('failure'))).message).toMatch(/Stopped before the first step/)
    expect(session.events()).toEqual([])
  })

  it('trains with a warning for each checkpoint if the browser offers no storage', async () => {
    const session = openTestSession({
      host: { runs: runsIn({ ...testStorage().worker(), root: () => Promise.reject(new Error('closed')) }) },
    })
    session.handle(start('one'))
    expect(await session.event('end')).toMatchObject({ reason: 'finished' })
    expect((await session.event('warning')).message).toMatch(/epoch-0000.*no storage for it \(closed\)/)
  })

  it('measures a paused run, which then resumes with the same numbers', async () => {
    const plain = openTestSession()
    plain.handle(start('one'))
    await plain.event('end')
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'hold-at', epochs: [1] })
    await session.event('activity', ({ activity }) => activity === 'paused')
    session.handle(await linearityOf(session, 1, 'one', 1))
    session.handle(start('two'))
    expect(await session.message(is('failure'))).toMatchObject({ message: expect.stringMatching(/A run is active/) })
    await session.message(is('measure-finished'))
    expect((await session.message(is('measured'))).rows.length).toBeGreaterThan(0)
    session.handle({ type: 'resume' })
    expect(await session.event('end')).toMatchObject({ reason: 'finished' })
    expect(session.files).toEqual(plain.files)
  })

  it('fails only the measurement when the GPU refuses its memory; the paused run finishes with the same weights', async () => {
    const plain = openTestSession()
    plain.handle(start('one'))
    await plain.event('end')
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'hold-at', epochs: [1] })
    await session.event('activity', ({ activity }) => activity === 'paused')
    const allow = refuseBuffers(session.devices[0].device)
    session.handle(await linearityOf(session, 1, 'one', 1))
    expect(await session.message(is('measure-failed'))).toMatchObject({
      request: 1,
      message: expect.stringMatching(/The GPU refused an operation/),
      cancelled: false,
    })
    expect(session.messages.some(is('measured'))).toBe(false)
    allow()
    session.handle(await linearityOf(session, 2, 'one', 1))
    await session.message(is('measure-finished'))
    session.handle({ type: 'resume' })
    expect(await session.event('end')).toMatchObject({ reason: 'finished', step: 4 })
    expect(session.files).toEqual(plain.files)
    expect(session.devices).toHaveLength(1)
  })

  it('reports the cure if there is not enough memory to measure a paused or an ended run', async () => {
    const full = () => Promise.reject(new DeviceError('out-of-memory', 'The GPU ran out of memory.'))
    const session = openTestSession({
      host: {
        prepareImages: (set, config, options) => (options.heldOutOnly ? full() : uncached(set, config, options)),
      },
    })
    session.handle(start('one'))
    session.handle({ type: 'hold-at', epochs: [1] })
    await session.event('activity', ({ activity }) => activity === 'paused')
    session.handle(await linearityOf(session, 1, 'one', 1))
    const { message } = await session.message(is('measure-failed'))
    expect(message).toMatch(/Not enough GPU memory to measure while the run is paused. Resume or stop the run/)
    session.handle({ type: 'resume' })
    expect(await session.event('end')).toMatchObject({ reason: 'finished' })
    session.handle(await linearityOf(session, 2, 'one', 1))
    const failed = await session.message(
      (one): one is Of<'measure-failed'> => is('measure-failed')(one) && one.request === 2,
    )
    expect(failed.message).toMatch(/Not enough GPU memory for this measurement. Close other pages/)
  })

  it('refuses a run while an ended run is measured, and measurements while a run trains', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle(await linearityOf(session, 1, 'one', 0))
    expect(await session.message(is('measure-failed'))).toMatchObject({ request: 1, cancelled: false })
    await session.event('end')
    session.handle(await linearityOf(session, 2, 'one', 1))
    session.handle(start('two'))
    expect((await session.message(is('failure'))).message).toMatch(/A measurement is running/)
    expect(await session.message(is('measure-finished'))).toMatchObject({ request: 2 })
  })

  it('cancels the measurement of a paused run before it resumes', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'hold-at', epochs: [1] })
    await session.event('activity', ({ activity }) => activity === 'paused')
    session.handle(await linearityOf(session, 1, 'one', 1))
    session.handle({ type: 'resume' })
    expect(await session.message(is('measure-failed'))).toMatchObject({ cancelled: true })
    expect(await session.event('end')).toMatchObject({ reason: 'finished' })
  })

  it('ends the run when its device is lost, and opens a new device for the next', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'pause' })
    await session.event('activity', ({ activity }) => activity === 'paused')
    session.devices[0].destroy()
    await session.devices[0].device.lost
    session.handle({ type: 'resume' })
    expect(await session.event('end')).toMatchObject({ reason: 'device-lost' })
    session.handle(start('two'))
    await session.event('end', ({ reason }) => reason === 'finished')
    expect(session.devices).toHaveLength(2)
    expect(session.messages.filter(is('device'))).toHaveLength(2)
  })
})
