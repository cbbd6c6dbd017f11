/** One lab in one worker: a GPU, a data set, a run, a measurement. Plain functions behind the messages. */

import { openGpu } from '../gpu/backend.ts'
import { DeviceError } from '../gpu/device.ts'
import type { Gpu } from '../gpu/read.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import { cachesMessage, deleteCache } from './images.ts'
import { createOrder } from './in-order.ts'
import { correlated, createMeasuring } from './measure.ts'
import type { Post } from './post.ts'
import { createReading } from './reading.ts'
import { createTraining } from './training.ts'

export interface Session {
  readonly handle: (command: LabCommand) => void
}

type Command<T extends LabCommand['type']> = Extract<LabCommand, { type: T }>

export function createSession(post: Post): Session {
  let gpu = openReported(post)
  const reading = createReading(post)
  const inOrder = createOrder()
  const training = createTraining(post, usableGpu)
  const measuring = createMeasuring({ post, usableGpu, training, loaded: reading.loaded })

  /** The device, opened anew where it was lost or could not be had. */
  async function usableGpu(): Promise<Gpu> {
    const current = await gpu
    if (current && !current.failure()) return current
    current?.destroy()
    gpu = openReported(post)
    const fresh = await gpu
    if (!fresh) throw new Error('There is no usable GPU; see the notice above.')
    return fresh
  }

  function start(command: Command<'start'>): void {
    const refuse = (message: string) => post({ type: 'failure', message })
    const loaded = reading.loaded()
    if (training.isOn()) refuse('A run is going on; stop it before starting another.')
    else if (measuring.isOn()) refuse('A measurement is going on; cancel it or wait for its end before training.')
    else if (!loaded) refuse('There is no data yet: choose CIFAR-10 or drop a folder first.')
    else void training.start(command, loaded.set)
  }

  async function removeCache({ id }: Command<'delete-cache'>): Promise<void> {
    try {
      await deleteCache(id)
    } catch (error) {
      post({ type: 'failure', message: messageOf(error) })
    }
    post(await cachesMessage())
  }

  const handle = (command: LabCommand): void => {
    switch (command.type) {
      case 'read-data':
        void reading.read(command)
        return
      case 'cancel-reading':
        reading.cancel()
        return
      case 'skip-checks':
        reading.skipChecks()
        return
      case 'show-class':
        void reading.showClass(command.label)
        return
      case 'list-caches':
        void cachesMessage().then((message) => post(message))
        return
      case 'delete-cache':
        void removeCache(command)
        return
      case 'start':
        start(command)
        return
      case 'alpha':
        training.live().hold(command.value)
        return
      case 'hand-back':
        training.live().handBack()
        return
      case 'pause':
        inOrder(() => training.live().pause())
        return
      case 'resume':
        inOrder(() => training.live().resume(), measuring.end())
        return
      case 'step':
        inOrder(() => training.live().stepOnce(), measuring.end())
        return
      case 'hold-at':
        training.holdAt(command.epochs)
        return
      case 'skip-tuning':
        training.skipTuning()
        return
      case 'stop':
        inOrder(training.stop, measuring.end())
        return
      case 'measure':
        measuring.measure(command)
        return
      case 'cancel-measure':
        measuring.cancel()
        return
      case 'correlate':
        post(correlated(command))
        return
      default:
        command satisfies never
    }
  }
  return { handle }
}

/** Opens the GPU and tells the page what was found or why it was refused. */
async function openReported(post: Post): Promise<Gpu | null> {
  try {
    const gpu = await openGpu(navigator.gpu)
    post({ type: 'device', adapter: gpu.adapter })
    return gpu
  } catch (error) {
    const known = error instanceof DeviceError ? error.reason : 'error'
    const reason = known === 'no-webgpu' || known === 'no-adapter' || known === 'self-test' ? known : 'error'
    post({ type: 'device-refused', reason, message: messageOf(error) })
    return null
  }
}
