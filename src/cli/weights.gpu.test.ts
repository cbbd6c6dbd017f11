import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, expect, it } from 'vitest'
import { classMetadata } from '../model/classifier-rows.ts'
import { parseSafetensors, type StoredTensor, type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import { picture } from '../testing/archives.ts'
import { labCommand } from '../testing/command-line.ts'
import { asType, renamed, smallModel, stateOf } from '../testing/weights.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-weights-'))
afterAll(() => rmSync(home, { recursive: true }))

const lab = (...args: string[]) => labCommand(home, args)

const names = ['zebra', 'mole', 'ant']

/** A table like the hub's: 5 of 8 images are zebras, which the names' order makes class 0. */
async function writeTable(split: string): Promise<void> {
  const labels = [0, 0, 0, 0, 0, 1, 1, 2]
  const images = await Promise.all(labels.map((_, i) => picture(20 * i + (split === 'train' ? 0 : 7), 'png', 16)))
  const info = { info: { features: { label: { names, _type: 'ClassLabel' } } } }
  const table = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: images, type: 'BYTE_ARRAY' },
      { name: 'label', data: labels.map(BigInt), type: 'INT64' },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify(info) }],
  })
  mkdirSync(join(home, 'hub'), { recursive: true })
  writeFileSync(join(home, 'hub', `${split}-00000-of-00001.parquet`), new Uint8Array(table))
}

/** Weights whose classifier always answers with one row. */
function answering(row: number): Map<string, StoredTensor> {
  const tensors = stateOf({ ...smallModel, classes: 3 })
  const fixed = (shape: readonly number[], values: Float32Array): StoredTensor => ({
    dtype: 'F32',
    shape,
    data: values,
  })
  const variances = [...tensors].filter(([name]) => name.endsWith('.running_var'))
  return new Map([
    ...tensors,
    ...variances.map(([name, { shape }]) => [name, fixed(shape, new Float32Array(shape[0]).fill(1))] as const),
    ['fc.weight', fixed([3, 32], new Float32Array(96))],
    [
      'fc.bias',
      fixed(
        [3],
        Float32Array.from([0, 1, 2], (i) => (i === row ? 8 : 0)),
      ),
    ],
  ])
}

function write(name: string, tensors: TensorFile['tensors'], ids?: readonly string[]): string {
  const metadata = ids
    ? classMetadata(
        ids.map((id) => ({ id, name: id })),
        'name',
      )
    : {}
  writeFileSync(join(home, name), writeSafetensors({ tensors, metadata }))
  return name
}

const top1Of = (folder: string) =>
  Number(
    readFileSync(join(home, folder, 'metrics.csv'), 'utf8')
      .split('\n')[1]
      .split(',')[8],
  )

it('keeps the meaning of a classifier’s rows from file to run, and from run to file', async () => {
  await writeTable('train')
  await writeTable('validation')
  const config = {
    data: { source: 'hub', inputSize: 16, augmentation: 'none' },
    model: smallModel,
    optimizer: { learningRate: 1e-30, momentum: 0, weightDecay: 0 },
    train: { epochs: 1, batchSize: 8, microBatchSize: 8 },
    probe: { imagesPerClass: 2, earlyEpochs: 0, floorShuffles: 2 },
  }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))

  // Half precision, with a prefix and without a list of classes: row 0 is the first name of the ClassLabel.
  const halves = renamed(answering(0), (name) => `module.${name}`)
  write('halves.safetensors', new Map([...halves].map(([name, tensor]) => [name, asType(tensor, 'F16')])))
  const plain = await lab('train', '--config', 'config.json', '--init', 'halves.safetensors', '--out', 'plain')
  expect(plain.status, plain.stderr).toBe(0)
  expect(plain.stderr).toMatch(/begin with module\., which is left out/)
  expect(plain.stderr).toMatch(/Warning: The file does not say which classes/)
  expect(top1Of('plain')).toBe(5 / 8)
  const environment = JSON.parse(readFileSync(join(home, 'plain', 'environment.json'), 'utf8'))
  expect(environment.data).toMatchObject({ classOrder: 'listed', classes: names.map((id) => ({ id, name: id })) })
  expect(environment.initial).toMatchObject({ file: 'halves.safetensors', prefix: 'module.', classes: 'unknown' })
  const saved = parseSafetensors(readFileSync(join(home, 'plain/checkpoints/epoch-0000.safetensors')))
  expect(saved.metadata).toMatchObject({ classes: JSON.stringify(names), class_order: 'listed', format: 'pt' })

  // A list of classes in another order: row 2 is the zebra.
  const sorted = write('sorted.safetensors', answering(2), ['ant', 'mole', 'zebra'])
  const remapped = await lab('train', '--config', 'config.json', '--init', sorted, '--out', 'remapped')
  expect(remapped.status, remapped.stderr).toBe(0)
  expect(top1Of('remapped')).toBe(5 / 8)
  const measured = await lab('evaluate', '--run', 'plain', '--checkpoint', sorted, '--json')
  expect(JSON.parse(measured.stdout)).toMatchObject({
    top1: 5 / 8,
    checkpointWarnings: [expect.stringContaining('class 0 is zebra here and ant in the file')],
  })

  const other = write('other.safetensors', answering(0), ['ant', 'mole', 'yak'])
  expect(await lab('evaluate', '--run', 'plain', '--checkpoint', other)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/the file is for other classes \(it lacks zebra; it has yak besides\)/),
  })
})
