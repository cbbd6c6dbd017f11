/** The benchmarks in Node, on Dawn: `node.ts step|kernels|memory OPTIONS`; prints the result as JSON. */
import { openNodeGpu } from '../src/gpu/node/driver.ts'
import { benchKernels } from './kernels.ts'
import { benchMemory } from './memory.ts'
import { countGpuWork } from './meter.ts'
import { benchSteps } from './steps.ts'

const [what, options] = process.argv.slice(2)
// tfjs and its peers greet the terminal; standard output is the result's alone.
console.log = console.error
const { gpu, driver } = await openNodeGpu()
countGpuWork(globalThis)
const say = (line: string) => console.error(line)
say(`Driver: ${driver}`)
const benchmarks = { step: benchSteps, kernels: benchKernels, memory: benchMemory }
const result = await benchmarks[what as keyof typeof benchmarks](JSON.parse(options), gpu, say)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
