/** Parses the options of benchmarks. Throws an Error that names the wrong option. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const peers = /** @type {const} */ ([
  'lab',
  'lab-eager',
  'lab-recompute',
  'lab-f16',
  'lab-tuned',
  'tfjs-webgpu',
  'tfjs-webgpu-mm',
  'tfjs-webgl',
  'jax-js',
])

const machineCodes = ['sm_86', 'navi21', 'navi31']

/** Tuning on a software adapter takes a minute, and few of them have f16. */
const usualPeers = peers.filter((name) => name !== 'lab-tuned' && name !== 'lab-f16')

export const usage = `npm run bench -- BENCHMARK [options]

  step        training steps of the lab and its peers
  kernels     the variants of every convolution
  reductions  every other program of a step, in GB/s
  tune        how long choosing variants takes on an adapter, and what is chosen
  shaders     how many there are, their size, and the time until the first step
  profile     the time of each kernel of a step on the GPU, in Node
  memory      memory and transfers of a compiled step, planned from its shapes alone
  model       a model of a step's time on a GPU that is not there, from its commands and counted machine code, in Node
  data        speed of decoding and feeding images, in Chromium and in Node
  accuracy    distances from PyTorch's results on the reference cases, in Node
  runs        opening recorded runs of a ResNet-50, in Node
  start       from choosing a zip of small images to the first step of a run on 64 of each class, in the built page
  open        how fast the built page opens, with an empty cache
  smooth      the page's main thread while a run trains
  pack        a bundle for machines without Node and without a network
  sweep       runs without training on a Redis queue with simulated workers

  --blocks A,B,C,D   residual blocks of the four modules (default 3,4,6,3: ResNet-50)
  --width N          channels of the stem (default 64)
  --size N           height and width of the images (default 32)
  --batch N          images per step (default 8)
  --stem NAME        imagenet or cifar (default imagenet)
  --preset NAME      gpu-224: ResNet-50 on 32 images of 224 × 224; small: an eighth of the width, one block per module
  --host NAME        chromium, headless (default), or node, on Dawn
  --adapter NAME     swiftshader (default) or default: the adapter that Chromium uses
  --json FILE        also write the result to a file

  step:     --steps N          timed steps of each peer (default 5)
            --peers A,B        of ${peers.join(', ')} (default: all but lab-f16 and lab-tuned)
            --schemes A,B      the ceiling is the best of these of our schemes (default: of all)
            --within N         seconds in which lab-tuned times convolutions (default 10, and 60 on a software adapter)
  kernels:  --no-stock         skip tfjs's kernels
            --schemes A,B      only these of our schemes, such as quad-32x32x4
            --seconds N        measure no further convolution after N seconds, largest first (default 3600)
  tune:     --within N         seconds in which works are timed (default 10)
  profile:  --steps N          timed steps (default 5)
            --eager            operation by operation, not compiled
  memory:   --vendor NAME      plan with the kernels that run untuned on a GPU of nvidia, amd, intel or apple, whatever the adapter
  model:    --tflops N         TFLOP/s in f32 without matrix units (default 10)
            --gbps N           GB/s of the memory (default 400)
            --code NAME        whose machine code was counted: ${machineCodes.join(', ')} (default ${machineCodes[0]}); gives the vendor, too
            --schemes A,B      of convolutions, where one of these can run, such as vector-128x64x16-8x8 (default: the GPU's choice)
            --list             every dispatch and copy
            --measured FILE    compare with a GPU's times, which profile --json FILE has written
            --wgsl FOLDER      no times: write the WGSL of the convolutions, to count their machine code
  data:     --images N         images of each size (default 256)
            --many N           images to read while memory is measured (default 100000; 0: none)
  start:    --many N           images in the zip (default 100000)
  open:     --times N          times that the page is opened for a median (default 5)
  runs:     --probes N         probes of a run (default 200)
  smooth:   --seconds N        recorded seconds (default 20)
            --recorded N       replay a run that has recorded so many steps, such as 100000, instead of training one (default 0)
            --probes N         probes of the replayed run so far (default 200)
            --profile N        seconds of a second recording that says which functions took the time (default 0: none)
  pack:     --out FILE         the bundle, such as lab.tgz
  sweep:    --jobs N           runs (default 10000)
            --workers N        workers at the same time (default 200)
            --processes N      processes of the workers (default 4)`

const presets = {
  'gpu-224': { size: '224', batch: '32' },
  small: { blocks: '1,1,1,1', width: '8', batch: '8' },
}

const options = {
  blocks: { type: 'string' },
  width: { type: 'string' },
  size: { type: 'string' },
  batch: { type: 'string' },
  stem: { type: 'string' },
  preset: { type: 'string' },
  host: { type: 'string', default: 'chromium' },
  adapter: { type: 'string', default: 'swiftshader' },
  vendor: { type: 'string' },
  json: { type: 'string' },
  steps: { type: 'string', default: '5' },
  peers: { type: 'string' },
  images: { type: 'string', default: '256' },
  many: { type: 'string', default: '100000' },
  probes: { type: 'string', default: '200' },
  times: { type: 'string', default: '5' },
  seconds: { type: 'string' },
  recorded: { type: 'string', default: '0' },
  profile: { type: 'string', default: '0' },
  out: { type: 'string' },
  jobs: { type: 'string', default: '10000' },
  workers: { type: 'string', default: '200' },
  processes: { type: 'string', default: '4' },
  schemes: { type: 'string' },
  within: { type: 'string' },
  tflops: { type: 'string', default: '10' },
  gbps: { type: 'string', default: '400' },
  code: { type: 'string', default: machineCodes[0] },
  list: { type: 'boolean', default: false },
  measured: { type: 'string' },
  wgsl: { type: 'string' },
  eager: { type: 'boolean', default: false },
  'no-stock': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

function wholeNumber(name, text, from, to) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new Error(`invalid --${name} ${text}: it must be a whole number from ${from} to ${to}`)
  }
  return value
}

function rate(name, text) {
  const value = Number(text)
  if (!(value > 0 && value < 1e6)) throw new Error(`invalid --${name} ${text}: it must be a number above 0`)
  return value
}

function oneOf(name, value, allowed) {
  if (!allowed.includes(value)) throw new Error(`invalid --${name} ${value}: it must be one of ${allowed.join(', ')}`)
  return value
}

const vendors = ['nvidia', 'amd', 'intel', 'apple']

const adapterOf = (values) => oneOf('adapter', values.adapter, ['swiftshader', 'default'])

/** The benchmarks that train no network of a chosen shape: their host or adapter, and their own options. */
const shapeless = {
  data: (values) => ({
    adapter: adapterOf(values),
    options: {
      images: wholeNumber('images', values.images, 32, 10_000),
      many: wholeNumber('many', values.many, 0, 10_000_000),
    },
  }),
  accuracy: () => ({ host: 'node', options: {} }),
  runs: (values) => ({
    host: 'node',
    options: { probes: wholeNumber('probes', values.probes, 1, 10_000), steps: 100 },
  }),
  start: (values) => ({
    adapter: adapterOf(values),
    options: { images: wholeNumber('many', values.many, 12_800, 1_000_000) },
  }),
  open: (values) => ({ adapter: adapterOf(values), options: { times: wholeNumber('times', values.times, 1, 100) } }),
  smooth: (values) => ({
    options: {
      seconds: wholeNumber('seconds', values.seconds ?? '20', 1, 600),
      profileSeconds: wholeNumber('profile', values.profile, 0, 600),
      steps: wholeNumber('recorded', values.recorded, 0, 1_000_000),
      probes: wholeNumber('probes', values.probes, 1, 10_000),
    },
  }),
  pack: ({ out }) => {
    if (!out?.endsWith('.tgz')) throw new Error('name the bundle with --out FILE.tgz')
    return { options: { out: resolve(out) } }
  },
  sweep: (values) => {
    const workers = wholeNumber('workers', values.workers, 1, 2000)
    return {
      host: 'node',
      options: {
        jobs: wholeNumber('jobs', values.jobs, 1, 1_000_000),
        workers,
        processes: wholeNumber('processes', values.processes, 1, workers),
      },
    }
  },
}

/** The network, its images and its batch. */
function shapeOf(values) {
  const preset = values.preset === undefined ? {} : presets[oneOf('preset', values.preset, Object.keys(presets))]
  const { blocks, width, size, batch, stem } = {
    ...{ blocks: '3,4,6,3', width: '64', size: '32', batch: '8', stem: 'imagenet' },
    ...preset,
    ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  }
  const counts = blocks.split(',').map((text) => wholeNumber('blocks', text, 1, 100))
  if (counts.length !== 4) throw new Error(`invalid --blocks ${blocks}: it must be four numbers, such as 3,4,6,3`)
  return {
    blocks: counts,
    width: wholeNumber('width', width, 1, 1024),
    inputSize: wholeNumber('size', size, 8, 1024),
    batch: wholeNumber('batch', batch, 2, 1024),
    stem: oneOf('stem', stem, ['imagenet', 'cifar']),
  }
}

/** The options of the benchmarks that train a network. */
const shaped = {
  step: (values) => {
    const chosen = values.peers?.split(',').map((name) => oneOf('peers', name, peers)) ?? usualPeers
    // Ratios are relative to the lab, so it always takes part.
    return {
      steps: wholeNumber('steps', values.steps, 1, 1000),
      peers: ['lab', ...chosen.filter((name) => name !== 'lab')],
      schemes: values.schemes?.split(',') ?? null,
      tuningSeconds: values.within === undefined ? null : wholeNumber('within', values.within, 1, 100_000),
    }
  },
  kernels: (values) => ({
    stock: !values['no-stock'],
    schemes: values.schemes?.split(',') ?? null,
    seconds: wholeNumber('seconds', values.seconds ?? '3600', 1, 86_400),
  }),
  reductions: () => ({}),
  tune: (values) => ({ seconds: wholeNumber('within', values.within ?? '10', 1, 100_000) }),
  shaders: () => ({}),
  profile: (values) => ({ steps: wholeNumber('steps', values.steps, 1, 1000), eager: values.eager }),
  memory: ({ vendor }) => ({ vendor: vendor === undefined ? null : oneOf('vendor', vendor, vendors) }),
  model: (values) => ({
    tflops: rate('tflops', values.tflops),
    gbps: rate('gbps', values.gbps),
    code: oneOf('code', values.code, machineCodes),
    schemes: values.schemes?.split(',') ?? null,
    list: values.list,
    measured: values.measured === undefined ? null : resolve(values.measured),
    wgsl: values.wgsl === undefined ? null : resolve(values.wgsl),
  }),
}

/** The benchmarks that run in Node alone. */
const inNodeAlone = ['profile', 'model']

const benchmarks = [...Object.keys(shaped), ...Object.keys(shapeless)]

/** Returns the benchmark to run, its host and its options. */
export function benchOptions(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true })
  if (values.help) return { help: true }
  const [what, ...more] = positionals
  if (!benchmarks.includes(what) || more.length > 0) {
    throw new Error(
      `name one benchmark, ${benchmarks.slice(0, -1).join(', ')} or ${benchmarks.at(-1)}; got ${positionals.join(' ') || 'none'}`,
    )
  }
  const json = values.json ?? null
  if (what in shapeless) return { what, json, ...shapeless[what](values) }
  return {
    what,
    host: inNodeAlone.includes(what) ? 'node' : oneOf('host', values.host, ['chromium', 'node']),
    adapter: adapterOf(values),
    json,
    options: { ...shapeOf(values), ...shaped[what](values) },
  }
}
