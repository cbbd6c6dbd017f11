/**
 * The network behind a site under many ablations at once: the site's output is computed once a batch and stays on the GPU;
 * only what lies behind it is computed for each variant, several variants a time.
 */
import * as tf from '@tensorflow/tfjs'
import type { Graph, Values } from '../gpu/executor.ts'
import { imageScores } from '../gpu/kernels/cross-entropy.ts'
import { head, tail } from '../model/forward.ts'
import { siteSizes } from '../model/geometries.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { type Architecture, sitesOf } from '../model/resnet.ts'
import type { Ablations, LabeledImages, Network } from './evaluate.ts'
import { addScores, emptyTally, scoresOf, type Tally, type VariantScores } from './tally.ts'

/** Images to be read as often as wanted, in the same batches. */
export interface ImageBatches {
  /** Of all batches. */
  readonly images: number
  readonly batches: () => AsyncIterable<LabeledImages>
}

export interface ScoreOptions {
  /** Bytes that the site's output may take for all variants that are computed at one time; one variant always is. */
  readonly bytes?: number
  readonly signal?: AbortSignal
  /** Told of images × variants as they are done, since the last call. */
  readonly onProgress?: (done: number) => void
}

export interface Scorer {
  /** Loss and accuracy of each variant, as `evaluate` gives them. Variants may ablate the scorer's site and later ones. */
  readonly score: (variants: readonly Ablations[]) => Promise<VariantScores[]>
  /** Frees the GPU memory. */
  readonly dispose: () => void
}

/** Dispatches in flight before their results are waited for. */
const depth = 3

const defaultBytes = 2 ** 26

/** Variants computed at one time, at most. */
export const widest = 16

const names = { keep: (site: string) => `${site} keep`, fill: (site: string) => `${site} fill` }

/** Vectors [width · units] of a site for some variants; variants beyond, or without the site, change nothing. */
function vectorsOf(variants: readonly Ablations[], site: string, units: number, width: number): Values {
  const keep = new Float32Array(width * units).fill(1)
  const fill = new Float32Array(width * units)
  for (const [v, variant] of variants.entries()) {
    const own = variant.get(site)
    if (!own) continue
    keep.set(own.keep, v * units)
    fill.set(own.fill, v * units)
  }
  return { [names.keep(site)]: keep, [names.fill(site)]: fill }
}

function tiled(labels: Int32Array, times: number): Int32Array {
  const all = new Int32Array(labels.length * times)
  for (let i = 0; i < times; i++) all.set(labels, i * labels.length)
  return all
}

interface Held {
  readonly output: tf.Variable<tf.Rank.R4>
  /** Of the batch. */
  readonly images: number
}

function headGraph(network: Network, site: string, { output, images }: Held): Graph {
  const { net, weights, inputSize } = network
  return {
    name: 'ablation head',
    key: String(output.id),
    inputs: imageSpecs(images, network),
    state: [output],
    step: (inputs) => {
      output.assign(head(net, weights, toInput(inputs, { first: 0, count: images, size: inputSize }), site))
      return {}
    },
  }
}

function tailGraph(
  { net, weights }: Network,
  site: string,
  { output, images }: Held,
  sites: readonly string[],
  width: number,
): Graph {
  const units = unitsOf(net)
  const spec = (name: string) => ({ shape: [width, units(name)], dtype: 'float32' }) as const
  const both = (name: string) => [
    [names.keep(name), spec(name)],
    [names.fill(name), spec(name)],
  ]
  return {
    name: 'ablation tail',
    key: JSON.stringify([output.id, sites, width]),
    inputs: {
      labels: { shape: [width * images], dtype: 'int32' },
      ...Object.fromEntries(sites.flatMap(both)),
    },
    state: [output],
    step: (inputs) => {
      const of = (name: string) => inputs[name] as tf.Tensor2D
      const ablate = new Map(sites.map((name) => [name, { keep: of(names.keep(name)), fill: of(names.fill(name)) }]))
      const { logits } = tail(net, weights, { site, output }, ablate)
      return { each: imageScores(logits, inputs.labels as tf.Tensor1D) }
    },
  }
}

const unitsOf = (net: Architecture) => {
  const units = new Map(sitesOf(net).map((site) => [site.name, site.units]))
  return (site: string) => units.get(site) as number
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))

/** Throws for an unknown site. `score` rejects with AbortError, or where there is no image. */
export function createScorer(
  network: Network,
  { batches }: ImageBatches,
  site: string,
  { bytes = defaultBytes, signal, onProgress }: ScoreOptions = {},
): Scorer {
  const { net, executor, inputSize } = network
  const units = unitsOf(net)
  const size = siteSizes(net, inputSize).get(site)
  if (size === undefined) throw new Error(`unknown site: ${site}`)
  const held = new Map<number, Held>()
  const used = new Map<string, Graph>()

  function heldFor(images: number): Held {
    const known = held.get(images)
    if (known) return known
    const shape: [number, number, number, number] = [images, size as number, size as number, units(site)]
    const output = tf.tidy(() => tf.variable(tf.fill<tf.Rank.R4>(shape, 0), false))
    const made = { output, images }
    held.set(images, made)
    return made
  }

  const run = (graph: Graph, values: Values) => {
    used.set(`${graph.name} ${graph.key}`, graph)
    return executor.run(graph, values)
  }

  /** All variants on one batch: adds to their tallies. */
  async function scoreBatch(batch: LabeledImages, variants: readonly Ablations[], sites: string[], tallies: Tally[]) {
    const { labels } = batch
    const images = labels.length
    const own = heldFor(images)
    await run(headGraph(network, site, own), imageValues(batch, images, inputSize))
    // The same for any number of variants: kernels may add in another order for another size.
    const width = Math.min(widest, Math.max(1, Math.floor(bytes / own.output.size / 4)))
    const graph = tailGraph(network, site, own, sites, width)
    const pending: (() => Promise<void>)[] = []
    const settle = async (left: number) => {
      while (pending.length > left) await pending.shift()?.()
    }
    for (const [i, group] of chunks(variants, width).entries()) {
      signal?.throwIfAborted()
      const vectors = Object.assign({}, ...sites.map((name) => vectorsOf(group, name, units(name), width)))
      const result = run(graph, { labels: tiled(labels, width), ...vectors })
      // Met when its turn comes; a failure before that must not count as unhandled.
      result.catch(() => {})
      pending.push(async () => {
        const { each } = await result
        for (let v = 0; v < group.length; v++) {
          addScores(tallies[i * width + v], each.subarray(3 * v * images, 3 * (v + 1) * images), labels)
        }
        onProgress?.(group.length * images)
      })
      await settle(depth)
    }
    await settle(0)
  }

  return {
    score: async (variants) => {
      const ablated = new Set([site, ...variants.flatMap((variant) => [...variant.keys()])])
      const sites = sitesOf(net).flatMap(({ name }) => (ablated.has(name) ? [name] : []))
      if (sites[0] !== site) throw new Error(`cannot ablate ${sites[0]} behind ${site}`)
      const tallies = variants.map(() => emptyTally(net.spec.classes))
      for await (const batch of batches()) {
        signal?.throwIfAborted()
        await scoreBatch(batch, variants, sites, tallies)
      }
      return tallies.map(scoresOf)
    },
    dispose: () => {
      for (const graph of used.values()) executor.forget(graph)
      tf.dispose([...held.values()].map(({ output }) => output))
      used.clear()
      held.clear()
    },
  }
}
