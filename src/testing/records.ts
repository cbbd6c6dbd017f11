/** Made-up runs for tests of comparisons and claims. */
import { parseConfig, type RunConfigInput } from '../config/config.ts'
import type { RunRecord } from '../experiments/record.ts'

export interface MadeRun {
  readonly name?: string
  readonly seed?: number
  readonly epochs?: number
  readonly schedule?: RunConfigInput['regularizer']
  readonly state?: RunRecord['state']
  /** Top-1 at the end of training. It grows linearly from chance. */
  readonly top1?: number
  /** SI − floor of both modules at an epoch; the floor is 0.1. */
  readonly above?: (epoch: number) => number
  /** Extra harm of ablation at an epoch. */
  readonly harm?: (epoch: number) => number
  /** How close the network is to a linear one at an epoch, from 0 to 1. */
  readonly linear?: (epoch: number) => number
  readonly config?: RunConfigInput
}

const moduleNames = ['layer1', 'layer2']

/** A finished run of 10 classes and 1000 validation images, measured at every epoch. */
export function madeRun({
  seed = 1,
  epochs = 10,
  name = `none/seed-${seed}`,
  schedule = {},
  state = 'finished',
  top1 = 0.6,
  above,
  harm,
  linear,
  config = {},
}: MadeRun): RunRecord {
  const at = Array.from({ length: epochs + 1 }, (_, epoch) => epoch)
  const probe = (epoch: number, value: number) => {
    const own = { selectivity: 0.1 + value, floor: 0.1 }
    return { epoch, modules: new Map([...moduleNames, 'network'].map((module) => [module, own])) }
  }
  return {
    name,
    config: parseConfig({ ...config, name, seed, train: { ...config.train, epochs }, regularizer: schedule }),
    lab: '0',
    fingerprint: 'f00d',
    contents: null,
    changes: [],
    leftOut: [],
    classes: 10,
    state,
    message: '',
    held: false,
    evaluations: at.map((epoch) => ({
      epoch,
      images: 1000,
      top1: 0.1 + ((top1 - 0.1) * epoch) / epochs,
      top5: 0.5,
      loss: 2,
    })),
    probes: above ? at.map((epoch) => probe(epoch, above(epoch))) : [],
    ablation: harm
      ? at.flatMap((epoch) =>
          moduleNames.map((module) => ({
            epoch,
            module,
            top1: 0.5,
            selective: 0.5,
            random: 0.5 + harm(epoch),
            extraHarm: harm(epoch),
          })),
        )
      : [],
    linearity: linear
      ? at.map((epoch) => ({
          epoch,
          affineDeviation: 1 - linear(epoch),
          gateConstancy: linear(epoch),
          readOut: linear(epoch),
          correlation: 0.2 + linear(epoch),
          control: 0.2,
          aboveControl: linear(epoch),
        }))
      : [],
  }
}
