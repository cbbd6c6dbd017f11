/**
 * Scores many ablations of one network. For each batch the output of a site is computed once and stays on the GPU; only the
 * layers behind the site are computed again for each variant, several variants at a time.
 */
import * as tf from '@tensorflow/tfjs'
import { type Graph, graphKey, type Values } from '../gpu/executor.ts'
import { imageScores } from '../gpu/kernels/cross-entropy.ts'
import { head, tail } from '../model/forward.ts'
import { siteSizes } from '../model/geometries.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { type Architecture, sitesOf } from '../model/resnet.ts'
import { chunks } from './chunks.ts'
import type { Ablations, LabeledImages, Network } from './evaluate.ts'
import { pass } from './pass.ts'
import { addScores, emptyScores, scoresOf, type VariantScores } from './scores.ts'

/** Images that can be read repeatedly, each time in the same batches. */
export interface ImageBatches {
  /** Number of images in all batches. */
  readonly images: number
  readonly batches: () => AsyncIterable<LabeledImages>
}

export interface ScoreOptions {
  /** Bytes that the site's output may take for the variants that are computed at once; one variant always is. */
  readonly bytes?: number
  readonly signal?: AbortSignal
  /** Called with the number of (image, variant) pairs finished since the last call. */
  readonly onProgress?: (done: number) => void
}

export interface Scorer {
  /**
   * Loss and accuracy of each variant, as `evaluate` gives them. Variants may ablate the scorer's site and later ones.
   * Rejects with AbortError, or with Error where there is no image or a variant ablates an earlier site.
   */
  readonly score: (variants: readonly Ablations[]) => Promise<VariantScores[]>
  /** Frees the GPU memory. */
  readonly dispose: () => void
}

const defaultBytes = 2 ** 26

/** The largest number of variants that are computed at once. */
export const widest = 16

/** A site's output on the GPU for one batch. */
interface SiteOutput {
  readonly output: tf.Variable<tf.Rank.R4>
  /** Images of the batch. */
  readonly images: number
}

interface State {
  readonly network: Network
  readonly site: string
  /** Height and width of the site's output. */
  readonly size: number
  readonly units: (site: string) => number
  /** One output for each batch size. */
  readonly outputs: Map<number, SiteOutput>
  /** Graphs to forget when the scorer is disposed. */
  readonly used: Map<string, Graph>
}

const unitsOf = (net: Architecture) => {
  const units = new Map(sitesOf(net).map((site) => [site.name, site.units]))
  return (site: string) => units.get(site) as number
}

/** A scorer of variants that ablate `site` and later sites. Throws Error for an unknown site. */
export function createScorer(
  network: Network,
  { batches }: ImageBatches,
  site: string,
  { bytes = defaultBytes, signal, onProgress }: ScoreOptions = {},
): Scorer {
  const { net, inputSize } = network
  const size = siteSizes(net, inputSize).get(site)
  if (size === undefined) throw new Error(`unknown site: ${site}`)
  const state: State = { network, site, size, units: unitsOf(net), outputs: new Map(), used: new Map() }
  return {
    score: async (variants) => {
      const sites = ablatedSites(state, variants)
      const sums = variants.map(() => emptyScores(net.spec.classes))
      const pieces = compiledPieces(state, piecesOf(state, batches(), variants, bytes), sites)
      for await (const { piece, each } of pass(pieces, (next) => scorePiece(state, next, sites), signal)) {
        const { batch, group, from } = piece
        const images = batch.labels.length
        for (const v of group.keys()) {
          addScores(sums[from + v], each.subarray(3 * v * images, 3 * (v + 1) * images), batch.labels)
        }
        onProgress?.(group.length * images)
      }
      return sums.map(scoresOf)
    },
    dispose: () => {
      for (const graph of state.used.values()) network.executor.forget(graph)
      tf.dispose([...state.outputs.values()].map(({ output }) => output))
      state.used.clear()
      state.outputs.clear()
    },
  }
}

/** The scorer's site and the ablated ones, in the network's order. Throws Error for a site before the scorer's. */
function ablatedSites({ network, site }: State, variants: readonly Ablations[]): string[] {
  const ablated = new Set([site, ...variants.flatMap((variant) => [...variant.keys()])])
  const sites = sitesOf(network.net).flatMap(({ name }) => (ablated.has(name) ? [name] : []))
  if (sites[0] !== site) throw new Error(`cannot ablate ${sites[0]} behind ${site}`)
  return sites
}

/** Some variants on one batch. */
interface Piece {
  readonly batch: LabeledImages
  readonly output: SiteOutput
  readonly group: readonly Ablations[]
  /** Number of variants before the group. */
  readonly from: number
  /** Number of variants that the graph computes, at least as large as the group. */
  readonly width: number
}

async function* piecesOf(
  state: State,
  batches: AsyncIterable<LabeledImages>,
  variants: readonly Ablations[],
  bytes: number,
): AsyncGenerator<Piece> {
  for await (const batch of batches) {
    const output = await outputFor(state, batch.labels.length)
    // The same for any number of variants, because kernels may add in another order for another size.
    const width = Math.min(widest, Math.max(1, Math.floor(bytes / output.output.size / 4)))
    for (const [i, group] of chunks(variants, width).entries()) yield { batch, output, group, from: i * width, width }
  }
}

async function outputFor({ network, outputs, size, site, units }: State, images: number): Promise<SiteOutput> {
  const known = outputs.get(images)
  if (known) return known
  const shape: [number, number, number, number] = [images, size, size, units(site)]
  const zeros = () => tf.tidy(() => tf.variable(tf.fill<tf.Rank.R4>(shape, 0), false))
  const made = { images, output: await network.executor.allocate(zeros) }
  outputs.set(images, made)
  return made
}

/** A piece whose graphs are compiled. The batch's first piece has a `head`, which computes the site's output. */
interface CompiledPiece extends Piece {
  readonly head: Graph | null
  readonly tail: Graph
}

async function* compiledPieces(
  state: State,
  pieces: AsyncIterable<Piece>,
  sites: readonly string[],
): AsyncGenerator<CompiledPiece> {
  for await (const piece of pieces) {
    const { from, output, width } = piece
    const head = from === 0 ? headGraph(state, output) : null
    const tail = tailGraph(state, output, sites, width)
    for (const graph of head ? [head, tail] : [tail]) {
      state.used.set(graphKey(graph), graph)
      await state.network.executor.prepare(graph)
    }
    yield { ...piece, head, tail }
  }
}

/** Scores each image under each variant: [width · N, 3]. */
async function scorePiece(state: State, piece: CompiledPiece, sites: readonly string[]) {
  const { batch, group, width, head, tail } = piece
  const { network, units } = state
  const { inputSize, executor } = network
  const { labels } = batch
  // Both are queued at once; the GPU runs them in this order.
  const begun = head && executor.run(head, imageValues(batch, labels.length, inputSize))
  const vectors = Object.assign({}, ...sites.map((name) => vectorsOf(group, name, units(name), width)))
  const scored = executor.run(tail, { labels: tiled(labels, width), ...vectors })
  const [{ each }] = await Promise.all([scored, begun])
  return { piece, each }
}

const inputNames = { keep: (site: string) => `${site} keep`, fill: (site: string) => `${site} fill` }

/** Vectors [width · units] of a site for some variants. Entries without a variant, or whose variant leaves the site alone, change nothing. */
function vectorsOf(variants: readonly Ablations[], site: string, units: number, width: number): Values {
  const keep = new Float32Array(width * units).fill(1)
  const fill = new Float32Array(width * units)
  for (const [v, variant] of variants.entries()) {
    const own = variant.get(site)
    if (!own) continue
    keep.set(own.keep, v * units)
    fill.set(own.fill, v * units)
  }
  return { [inputNames.keep(site)]: keep, [inputNames.fill(site)]: fill }
}

function tiled(labels: Int32Array, times: number): Int32Array {
  const all = new Int32Array(labels.length * times)
  for (let i = 0; i < times; i++) all.set(labels, i * labels.length)
  return all
}

function headGraph({ network, site }: State, { output, images }: SiteOutput): Graph {
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
  { network, site, units }: State,
  { output, images }: SiteOutput,
  sites: readonly string[],
  width: number,
): Graph {
  const { net, weights } = network
  const spec = (name: string) => ({ shape: [width, units(name)], dtype: 'float32' }) as const
  const both = (name: string) => [
    [inputNames.keep(name), spec(name)],
    [inputNames.fill(name), spec(name)],
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
      const ablate = new Map(
        sites.map((name) => [name, { keep: of(inputNames.keep(name)), fill: of(inputNames.fill(name)) }]),
      )
      const { logits } = tail(net, weights, { site, output }, ablate)
      return { each: imageScores(logits, inputs.labels as tf.Tensor1D) }
    },
  }
}
