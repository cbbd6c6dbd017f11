/** The benchmarks in a page: what the runner calls, and where it hears how far they are. */
import { decode } from '../../src/data/decode-browser.ts'
import { openGpu } from '../../src/gpu/backend.ts'
import type { BenchOptions } from '../case.ts'
import { benchData } from '../data.ts'
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
    /** `file`: the pictures, beside the page, as JSON of base64 texts. */
    benchData: (options: { readonly file: string }) => ReturnType<typeof benchData>
  }
}

countGpuWork(globalThis)
const say = (line: string) => void window.say(line)
window.benchSteps = (options) => benchSteps(options, navigator.gpu, say)
window.benchMemory = (options) => benchMemory(options, navigator.gpu, say)
window.benchData = async ({ file }) => {
  const sets: { name: string; files: string[] }[] = await (await fetch(file)).json()
  const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  const pictures = sets.map(({ name, files }) => ({ name, files: files.map(bytes) }))
  return benchData(pictures, decode, await openGpu(navigator.gpu), say)
}
window.benchKernels = (options) => benchKernels(options, navigator.gpu, say)
