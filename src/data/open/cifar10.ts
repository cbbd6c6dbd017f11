/** Opens CIFAR-10 in the form that the setup script writes: packed bytes, 3072 per image, and a description. */

import { messageOf } from '../../message.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import { DataError, type ImageSet, type Split } from '../source.ts'

/** Reads a file of the dataset by name; rejects with a reason. */
export type FetchBytes = (name: string) => Promise<Uint8Array>

interface PackedSplit {
  readonly labels: string
  readonly shards: readonly { readonly file: string; readonly images: number; readonly bytes: number }[]
}

interface Packed {
  readonly format: number
  readonly classes: readonly ClassInfo[]
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly fingerprint: string
  readonly splits: { readonly train: PackedSplit; readonly test: PackedSplit }
}

const missing = (error: unknown) =>
  new DataError(
    `CIFAR-10 is missing (${messageOf(error)}). Run npm start once with a network connection to download it.`,
  )

function parse(bytes: Uint8Array): Packed {
  const value = JSON.parse(new TextDecoder().decode(bytes)) as Packed
  if (value?.format !== 1) throw new Error('its description has an unknown format')
  return value
}

async function openSplit(
  fetchBytes: FetchBytes,
  { labels, shards }: PackedSplit,
  { width, height, channels }: Packed,
): Promise<Split> {
  const size = width * height * channels
  const perShard = shards[0].images
  const loaded = new Map<number, Promise<Uint8Array>>()
  const load = async (shard: number): Promise<Uint8Array> => {
    const { file, bytes } = shards[shard]
    const data = await fetchBytes(file)
    if (data.length !== bytes) throw new Error(`${file} has ${data.length} bytes instead of ${bytes}`)
    return data
  }
  const shardOf = (shard: number) => {
    const known = loaded.get(shard) ?? load(shard)
    loaded.set(shard, known)
    return known
  }
  return {
    labels: Int32Array.from(await fetchBytes(labels)),
    inMemory: true,
    read: async (index, signal) => {
      signal?.throwIfAborted()
      const shard = Math.floor(index / perShard)
      const data = await shardOf(shard).catch((error) => {
        loaded.delete(shard)
        throw missing(error)
      })
      const at = (index - shard * perShard) * size
      return { width, height, data: data.subarray(at, at + size) }
    },
  }
}

const counts = (labels: Int32Array, classes: number) => {
  const result = new Array<number>(classes).fill(0)
  for (const label of labels) result[label]++
  return result
}

/** Opens the training images and, as validation images, the test images. Reads shards on demand. Throws DataError. */
export async function openCifar10(fetchBytes: FetchBytes): Promise<ImageSet> {
  try {
    const packed = parse(await fetchBytes('meta.json'))
    const { classes, width, height, channels, fingerprint } = packed
    const [train, validation] = await Promise.all([
      openSplit(fetchBytes, packed.splits.train, packed),
      openSplit(fetchBytes, packed.splits.test, packed),
    ])
    const [inTrain, inValidation] = [train, validation].map(({ labels }) => counts(labels, classes.length))
    const images = train.labels.length + validation.labels.length
    const report: DataReport = {
      source: 'cifar10',
      classes: classes.map((c, i) => ({ ...c, train: inTrain[i], validation: inValidation[i] })),
      classOrder: 'listed',
      images: { train: train.labels.length, validation: validation.labels.length },
      unreadable: [],
      duplicates: [],
      leaked: 0,
      bytes: images * width * height * channels,
      sizes: {
        minWidth: width,
        maxWidth: width,
        minHeight: height,
        maxHeight: height,
        histogram: [{ from: width, to: width + 1, images, aspect: images }],
      },
      colors: { grey: 0, cmyk: 0, palette: 0 },
      formats: { raw: images },
      files: images,
      checked: images,
      fingerprint,
      contents: fingerprint,
      splitBySeed: false,
      notes: ['The test images are the validation images.'],
    }
    return { report, classes, train, validation }
  } catch (error) {
    throw error instanceof DataError ? error : missing(error)
  }
}
