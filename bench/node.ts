/** The benchmarks in Node, on Dawn: `node.ts BENCHMARK OPTIONS`; prints the result as JSON. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCaches } from '../src/data/node/cache-folders.ts'
import { decode } from '../src/data/node/decode.ts'
import { openGpu } from '../src/gpu/backend.ts'
import { openNodeGpu } from '../src/gpu/node/driver.ts'
import { benchAccuracy } from './accuracy.ts'
import { benchData, type DataOptions } from './data.ts'
import { benchKernels } from './kernels.ts'
import { benchMemory } from './memory.ts'
import { countGpuWork } from './meter.ts'
import { benchNodeModel } from './model/node.ts'
import { benchProfile } from './profile.ts'
import { benchReductions } from './reductions.ts'
import { benchShaders } from './shaders.ts'
import { benchSteps } from './steps.ts'
import { benchTune } from './tune.ts'

const [what, options] = process.argv.slice(2)
// tfjs and its peers print greetings. Standard output must contain only the result.
console.log = console.error
const { gpu, driver } = await openNodeGpu()
countGpuWork(globalThis)
const say = (line: string) => console.error(line)
say(`Driver: ${driver}`)

/** Seconds of processor time of all threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The pictures are generated here; they are the same in every process. */
async function benchNodeData({ images, many }: DataOptions) {
  const { pictures, sharpRate } = await import('./pictures.mjs')
  const sets = await pictures(images)
  const cores = availableParallelism()
  const sharp: Record<string, number> = {}
  for (const { name, files } of sets) sharp[name] = await sharpRate(files, cores, cpuSeconds)
  const folder = mkdtempSync(join(tmpdir(), 'selectivity-lab-bench-'))
  try {
    const host = {
      decode,
      cores,
      folders: nodeCaches(folder),
      gpu: await openGpu(gpu),
      usage: async () => ({ memory: process.memoryUsage().rss, cpu: cpuSeconds() }),
      say,
    }
    return { ...(await benchData(sets, { many }, host)), sharp }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const benchmarks = {
  step: benchSteps,
  kernels: benchKernels,
  tune: benchTune,
  shaders: benchShaders,
  profile: benchProfile,
  reductions: benchReductions,
  memory: benchMemory,
  model: benchNodeModel,
  data: benchNodeData,
  accuracy: benchAccuracy,
}
const result = await benchmarks[what as keyof typeof benchmarks](JSON.parse(options), gpu, say)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
