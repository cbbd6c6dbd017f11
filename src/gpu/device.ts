/**
 * Opens the adapter and the device that the lab uses: with the adapter's maximum limits, with the features that the kernels
 * can use, and with a record of the first failure. tfjs requests lower limits and ignores errors. Options make the device poorer.
 */
import { adapterName } from '../adapter-name.ts'
import type { AdapterReport } from '../protocol/environment.ts'
import { noteBindings } from './bindings.ts'
import type { DeviceOptions } from './device-options.ts'
import { type Limit, limitNames } from './limits.ts'
import { collectShaderErrors, takeShaderErrors, unreported } from './shader-errors.ts'

/** Why the GPU cannot be used. The page and the terminal show the message. */
export class DeviceError extends Error {
  override name = 'DeviceError'
  constructor(
    readonly reason: 'no-webgpu' | 'no-adapter' | 'self-test' | 'device-lost' | 'out-of-memory' | 'validation',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export interface Device {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  readonly adapter: AdapterReport
  /** Most bytes that a run may use, or null. */
  readonly memoryBudget: number | null
  /** The first failure since the start (lost device, out of memory, validation), or null. */
  readonly failure: () => DeviceError | null
  /** Calls `listener` with the first failure, immediately if it has already happened. Returns a function that unsubscribes. */
  readonly onFailure: (listener: (error: DeviceError) => void) => () => void
  /** Waits for the shader compiler, then returns and clears its errors since the last call; empty when there are none. */
  readonly takeShaderErrors: () => Promise<string>
  /** Runs `work`; the compiler's errors about shaders that it creates before it returns are not in `takeShaderErrors`. */
  readonly unreported: <T>(work: () => T) => T
  readonly destroy: () => void
}

const wantedFeatures: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups']

const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render|software|warp/i

type Described = Omit<AdapterReport, 'features' | 'limits'>

function describe({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo): Described {
  const words = [description, device, architecture, vendor].join(' ')
  const told = { vendor, architecture, device, description }
  const software = isFallbackAdapter || softwareNames.test(words)
  return { name: adapterName({ ...told, software }), ...told, software }
}

function reportOf(adapter: GPUAdapter, device: GPUDevice): AdapterReport {
  return {
    ...describe(adapter.info),
    features: [...device.features].sort(),
    limits: numbersOf(device.limits),
  }
}

/** The limits as a plain object. */
function numbersOf(all: GPUSupportedLimits): Record<string, number> {
  const limits: Record<string, number> = {}
  for (const key in all) {
    const value = all[key as keyof GPUSupportedLimits]
    if (typeof value === 'number') limits[key] = value
  }
  return limits
}

/** A WebGPU error as a DeviceError; `shaders` (the compiler's report) replaces the browser's message where given. */
export const failureOf = (error: GPUError, shaders = ''): DeviceError =>
  error instanceof GPUOutOfMemoryError
    ? new DeviceError('out-of-memory', 'The GPU ran out of memory.')
    : new DeviceError('validation', shaders || `The GPU refused an operation: ${error.message}`)

/**
 * Makes the device report lower limits. WebGPU grants no limits below its defaults, so the lab keeps these itself: every
 * computation is compared with `device.limits` before it runs.
 */
function lowerLimits(device: GPUDevice, lower: DeviceOptions['limits'] = {}): void {
  const asked = limitNames.flatMap((name): [Limit, number][] => {
    const value = lower[name]
    return value !== undefined && value < device.limits[name] ? [[name, value]] : []
  })
  if (asked.length === 0) return
  const { maxComputeInvocationsPerWorkgroup: threads = Number.POSITIVE_INFINITY } = lower
  const [x, y] = [device.limits.maxComputeWorkgroupSizeX, device.limits.maxComputeWorkgroupSizeY]
  const sizes = { maxComputeWorkgroupSizeX: Math.min(x, threads), maxComputeWorkgroupSizeY: Math.min(y, threads) }
  const limits = { ...numbersOf(device.limits), ...sizes, ...Object.fromEntries(asked) }
  Object.defineProperty(device, 'limits', { value: limits })
}

/** The fastest adapter of `gpu`. Rejects with DeviceError when there is none. */
async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  if (!gpu) throw new DeviceError('no-webgpu', 'WebGPU is not available here (navigator.gpu is missing).')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new DeviceError('no-adapter', 'WebGPU is available but offers no adapter (no usable GPU driver).')
  return adapter
}

/** The name of the adapter that `openDevice` opens. Rejects with DeviceError when there is none. */
export const adapterNameOf = async (gpu: GPU | undefined): Promise<string> =>
  describe((await requestAdapter(gpu)).info).name

/** Opens the fastest adapter of `gpu`. Throws DeviceError when there is none. */
export async function openDevice(gpu: GPU | undefined, options: DeviceOptions = {}): Promise<Device> {
  const adapter = await requestAdapter(gpu)
  const { features = options.defaults ? [] : wantedFeatures } = options
  const device = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => features.includes(feature) && adapter.features.has(feature)),
    requiredLimits: options.defaults ? {} : numbersOf(adapter.limits),
  })
  noteBindings(device)
  lowerLimits(device, options.limits)
  return watch(adapter, device, options.memoryBudget === undefined ? null : options.memoryBudget * 2 ** 20)
}

function watch(adapter: GPUAdapter, device: GPUDevice, memoryBudget: number | null): Device {
  const shaders = collectShaderErrors(device)
  let failure: DeviceError | null = null
  /** The first uncaptured error, for which the shader compiler's report may not have arrived yet. */
  let early: DeviceError | null = null
  const listeners = new Set<(error: DeviceError) => void>()
  const fail = (error: DeviceError) => {
    if (failure) return
    failure = error
    for (const listener of listeners) listener(error)
    listeners.clear()
  }
  device.addEventListener('uncapturederror', ({ error }) => {
    early ??= failureOf(error)
    void takeShaderErrors(shaders).then((report) => fail(failureOf(error, report)))
  })
  void device.lost.then(({ reason, message }) =>
    fail(new DeviceError('device-lost', `The GPU device was lost (${reason}): ${message.trim() || 'no reason given'}`)),
  )
  return {
    device,
    info: adapter.info,
    memoryBudget,
    adapter: reportOf(adapter, device),
    failure: () => failure ?? early,
    onFailure: (listener) => {
      if (failure) listener(failure)
      else listeners.add(listener)
      return () => listeners.delete(listener)
    },
    takeShaderErrors: () => takeShaderErrors(shaders),
    unreported: (work) => unreported(shaders, work),
    destroy: () => device.destroy(),
  }
}
