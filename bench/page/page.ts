/** The benchmarks in a page: what the runner calls, and where it hears how far they are. */
import type { BenchOptions } from '../case.ts'
import { benchKernels, type KernelOptions } from '../kernels.ts'
import { benchMemory } from '../memory.ts'
import { countGpuWork } from '../meter.ts'
import { benchSteps, type StepOptions } from '../steps.ts'

declare global {
  interface Window {
    /** Given by the runner: prints a line. */
    say: (line: string) => Promise<void>
    benchSteps: (options: StepOptions) => ReturnType<typeof benchSteps>
    benchKernels: (options: KernelOptions) => ReturnType<typeof benchKernels>
    benchMemory: (options: BenchOptions) => ReturnType<typeof benchMemory>
  }
}

countGpuWork(globalThis)
const say = (line: string) => void window.say(line)
window.benchSteps = (options) => benchSteps(options, navigator.gpu, say)
window.benchMemory = (options) => benchMemory(options, navigator.gpu, say)
window.benchKernels = (options) => benchKernels(options, navigator.gpu, say)
