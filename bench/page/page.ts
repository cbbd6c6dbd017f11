/** The benchmarks in a page: the functions that the runner calls, and those that report progress to the runner. */
import type { BenchOptions } from '../case.ts'
import type { DataResult, Usage } from '../data.ts'
import { benchKernels, type KernelOptions } from '../kernels.ts'
import { benchMemory, type MemoryOptions } from '../memory.ts'
import { countGpuWork } from '../meter.ts'
import { benchReductions } from '../reductions.ts'
import { benchShaders } from '../shaders.ts'
import { benchSteps, type StepOptions } from '../steps.ts'
import { benchTune, type TuneOptions } from '../tune.ts'
import type { DataRequest, FromDataWorker } from './data-worker.ts'

declare global {
  interface Window {
    /** Provided by the runner: prints a line. */
    say: (line: string) => Promise<void>
    benchSteps: (options: StepOptions) => ReturnType<typeof benchSteps>
    benchKernels: (options: KernelOptions) => ReturnType<typeof benchKernels>
    benchReductions: (options: BenchOptions) => ReturnType<typeof benchReductions>
    benchTune: (options: TuneOptions) => ReturnType<typeof benchTune>
    benchShaders: (options: BenchOptions) => ReturnType<typeof benchShaders>
    benchMemory: (options: MemoryOptions) => ReturnType<typeof benchMemory>
    /** Provided by the runner: returns the resources that the browser's processes have used so far. */
    usage: () => Promise<Usage>
    /** `file`: the pictures, in the page's folder, as JSON of base64 texts. */
    benchData: (options: { readonly file: string; readonly many: number }) => Promise<DataResult>
  }
}

countGpuWork(globalThis)
const say = (line: string) => void window.say(line)
window.benchSteps = (options) => benchSteps(options, navigator.gpu, say)
window.benchReductions = (options) => benchReductions(options, navigator.gpu, say)
window.benchMemory = (options) => benchMemory(options, navigator.gpu, say)
window.benchData = async ({ file, many }) => {
  const texts: { name: string; files: string[] }[] = await (await fetch(file)).json()
  const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  const sets = texts.map(({ name, files }) => ({ name, files: files.map(bytes) }))
  const worker = new Worker(new URL('./data-worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message))
    worker.onmessage = async ({ data }: MessageEvent<FromDataWorker>) => {
      if (data.type === 'say') say(data.line)
      if (data.type === 'usage') worker.postMessage(await window.usage())
      if (data.type === 'result') resolve(data.result)
      if (data.type === 'failure') reject(new Error(data.message))
    }
    worker.postMessage({ sets, many } satisfies DataRequest)
  })
}
window.benchShaders = (options) => benchShaders(options, navigator.gpu, say)
window.benchTune = (options) => benchTune(options, navigator.gpu, say)
window.benchKernels = (options) => benchKernels(options, navigator.gpu, say)
