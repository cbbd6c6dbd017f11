/** WebGPU in Node, on Dawn: with the system's Vulkan drivers, or else with the SwiftShader of an installed Chromium. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { create, globals } from 'webgpu'
import { messageOf } from '../../message.ts'
import { chooseAdapter, type ListAdapters, namesIn, noName, pciAddresses } from './adapters.ts'

export interface NodeGpu {
  readonly gpu: GPU
  /** Where the driver was found, for the run's environment. */
  readonly driver: string
}

const icdName = 'vk_swiftshader_icd.json'

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** The folders with the programs of Playwright's browsers. */
function playwrightFolders(): string[] {
  const root = process.env.PLAYWRIGHT_BROWSERS_PATH || join(homedir(), '.cache', 'ms-playwright')
  if (!isDirectory(root)) return []
  return readdirSync(root)
    .filter((name) => name.startsWith('chromium'))
    .map((name) => join(root, name))
    .filter(isDirectory)
    .flatMap((folder) => readdirSync(folder).map((inner) => join(folder, inner)))
}

function chromiumFolders(): string[] {
  const chosen = process.env.CHROME_PATH
  const named = chosen && existsSync(chosen) ? [dirname(realpathSync(chosen))] : []
  const usual = [
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
    '/snap/chromium/current/usr/lib/chromium-browser',
  ]
  return [...named, ...usual, ...playwrightFolders()]
}

/** The folder of a Chromium that has SwiftShader, or undefined. */
const swiftShaderFolder = () => chromiumFolders().find((folder) => existsSync(join(folder, icdName)))

/** dlopen flags of glibc: RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE. */
const stay = 0x2 | 0x100 | 0x1000

/**
 * Loads Chromium's Vulkan loader into the process: Dawn opens the loader by its bare name, and the system may have none. Node
 * throws because the library is not a Node addon, but the library stays loaded.
 */
function loadVulkanLoader(folder: string): void {
  try {
    process.dlopen({ exports: {} }, join(folder, 'libvulkan.so.1'), stay)
  } catch {
    // Expected: see above. Without the library Dawn finds no adapter, and the caller reports that.
  }
}

const manifestFolders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']

/** Whether a Vulkan driver may exist. Dawn prints warnings on a system without Vulkan, so this check precedes it. */
const mayHaveDriver = () =>
  process.platform !== 'linux' ||
  [process.env.VK_DRIVER_FILES, process.env.VK_ICD_FILENAMES].some(Boolean) ||
  manifestFolders.some((folder) => isDirectory(folder) && readdirSync(folder).some((name) => name.endsWith('.json')))

const nativeCode = /\{\s*\[native code\]\s*\}$/

let isPatient = false

/**
 * Makes Dawn poll for results once a millisecond. By default it polls in every turn of the event loop through setImmediate. That
 * occupies a core, on which a software adapter could compute, and each poll leaves objects behind: on a GPU the garbage collector then
 * stopped training for 0.2 s every second.
 */
function pollLessOften(): void {
  if (isPatient) return
  isPatient = true
  const immediate = globalThis.setImmediate
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    nativeCode.test(Function.prototype.toString.call(callback))
      ? setTimeout(callback, 1, ...args)
      : immediate(callback, ...args)
  globalThis.setImmediate = Object.defineProperties(patient, {
    ...Object.getOwnPropertyDescriptors(immediate),
  }) as unknown as typeof immediate
}

/** Dawn rounds time stamps to 0.1 ms, against attacks in a browser. Benchmarks time shorter work. */
const unwanted = ['timestamp_quantization']

/**
 * Without this Vulkan extension Dawn itself sets workgroup memory to zero, in a loop. SwiftShader's extension compiles a store
 * for every element, which almost doubles the time for programs with large tiles.
 */
const unwantedOnSwiftShader = [...unwanted, 'use_vulkan_zero_initialize_workgroup_memory_extension']

/** Dawn's flags, with further features from the environment: NVIDIA's shader-f16 needs `vulkan_enable_f16_on_nvidia`. */
const flagsOf = (disabled: readonly string[], { LAB_DAWN_FEATURES: features }: NodeJS.ProcessEnv): string[] => [
  `disable-dawn-features=${disabled.join()}`,
  ...(features ? [`enable-dawn-features=${features}`] : []),
]

let found: NodeGpu | undefined

/**
 * Finds a driver, once per process, and installs WebGPU's globals. Without a driver `gpu` has no adapter. With a number, `gpu`
 * has the adapter with that number only; rejects with AdapterError where there is none.
 */
export async function openNodeGpu(index: number | null = null): Promise<NodeGpu> {
  found ??= await findDriver(index)
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: found.gpu }, configurable: true, writable: true })
  return found
}

/** The names of the adapters that Dawn finds. */
async function adapterNames(): Promise<string[]> {
  try {
    await create([`adapter=${noName}`]).requestAdapter()
    return []
  } catch (error) {
    return namesIn(messageOf(error))
  }
}

/** The names as a process with these variables sees them. */
const list: ListAdapters = async (env) => {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  try {
    return await adapterNames()
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}

/** Dawn with the adapter that has this number, or with all. */
async function createGpu(index: number | null, disabled: readonly string[]): Promise<GPU> {
  if (index === null) return create(flagsOf(disabled, process.env))
  const { flags: chosen, env } = await chooseAdapter(index, list, pciAddresses())
  Object.assign(process.env, env)
  return create([...flagsOf(disabled, process.env), ...chosen])
}

async function findDriver(index: number | null): Promise<NodeGpu> {
  Object.assign(globalThis, globals)
  pollLessOften()
  const preset = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  const folder = swiftShaderFolder()
  if (mayHaveDriver() || !folder) {
    const none = index !== null && folder !== undefined && (await adapterNames()).length === 0
    const gpu = await createGpu(none ? null : index, unwanted)
    const adapter = await gpu.requestAdapter()
    if (adapter || !folder)
      return { gpu, driver: preset ? `Vulkan driver ${preset}` : adapter ? 'system driver' : 'none' }
  }
  loadVulkanLoader(folder)
  process.env.VK_DRIVER_FILES = join(folder, icdName)
  process.env.VK_ICD_FILENAMES = join(folder, icdName)
  return { gpu: await createGpu(index, unwantedOnSwiftShader), driver: `SwiftShader of ${folder}` }
}
