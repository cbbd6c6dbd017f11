/**
 * WebGPU in Node, on Dawn. The system's Vulkan drivers come first, then the SwiftShader that an installed
 * Chromium brings.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { create, globals } from 'webgpu'

export interface NodeGpu {
  readonly gpu: GPU
  /** Where the driver came from, for the run's environment. */
  readonly driver: string
}

const icdName = 'vk_swiftshader_icd.json'

const isDirectory = (path: string) => existsSync(path)

/** Folders in which Playwright keeps its browsers' programs. */
function playwrightFolders(): string[] {
  const root = process.env.PLAYWRIGHT_BROWSERS_PATH || join(homedir(), '.cache', 'ms-playwright')
  if (!isDirectory(root)) return []
  return readdirSync(root)
    .filter((name) => name.startsWith('chromium'))
    .flatMap((name) => readdirSync(join(root, name)).map((inner) => join(root, name, inner)))
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
 * Dawn opens the Vulkan loader by its bare name. Where the system has none, Chromium's copy is loaded first and
 * stays in the process, so that the name is found. Node throws because the library is no Node addon; it is
 * loaded all the same.
 */
function loadVulkanLoader(folder: string): void {
  try {
    process.dlopen({ exports: {} }, join(folder, 'libvulkan.so.1'), stay)
  } catch {
    // Expected: see above. If the library is really missing, no adapter is found and that is what is reported.
  }
}

const manifestFolders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']

/** Dawn writes warnings to the terminal where there is no Vulkan at all, so look before asking it. */
const mayHaveDriver = () =>
  process.platform !== 'linux' ||
  [process.env.VK_DRIVER_FILES, process.env.VK_ICD_FILENAMES].some(Boolean) ||
  manifestFolders.some((folder) => isDirectory(folder) && readdirSync(folder).some((name) => name.endsWith('.json')))

const nativeCode = /\{\s*\[native code\]\s*\}$/

/**
 * Dawn looks for results in every turn of the event loop, through setImmediate, which keeps a core busy for as long as the
 * GPU works. SwiftShader computes on the same cores: there Dawn looks once a millisecond.
 */
function lookLessOften(): void {
  const immediate = globalThis.setImmediate
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    nativeCode.test(Function.prototype.toString.call(callback))
      ? setTimeout(callback, 1, ...args)
      : immediate(callback, ...args)
  globalThis.setImmediate = Object.defineProperties(patient, {
    ...Object.getOwnPropertyDescriptors(immediate),
  }) as unknown as typeof immediate
}

let held: NodeGpu | undefined

/** Finds a driver once a process and installs WebGPU's globals. `gpu` has no adapter where nothing was found. */
export async function openNodeGpu(): Promise<NodeGpu> {
  held ??= await findDriver()
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: held.gpu }, configurable: true, writable: true })
  return held
}

async function findDriver(): Promise<NodeGpu> {
  Object.assign(globalThis, globals)
  const preset = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  const folder = swiftShaderFolder()
  if (mayHaveDriver() || !folder) {
    const gpu = create([])
    const found = await gpu.requestAdapter()
    if (found || !folder) return { gpu, driver: preset ? `Vulkan driver ${preset}` : found ? 'system driver' : 'none' }
  }
  loadVulkanLoader(folder)
  process.env.VK_DRIVER_FILES = join(folder, icdName)
  process.env.VK_ICD_FILENAMES = join(folder, icdName)
  lookLessOften()
  return { gpu: create([]), driver: `SwiftShader of ${folder}` }
}
