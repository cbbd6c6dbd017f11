/** Options that make a device poorer than its adapter: for tests, and to try a configuration for another machine. */
import { messageOf } from '../message.ts'
import { type Limit, limitNames } from './limits.ts'

export interface DeviceOptions {
  /** Requests WebGPU's default limits and no optional features instead of all that the adapter offers. */
  readonly defaults?: boolean
  /** Lower limits. The device reports them as its own, and no computation exceeds them. */
  readonly limits?: Readonly<Partial<Record<Limit, number>>>
  /** The optional features to request; by default all that the kernels can use, or none with `defaults`. */
  readonly features?: readonly string[]
  /** Most MiB that a run may use. */
  readonly memoryBudget?: number
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0

/** The options that a text or parsed JSON names: `default`, or an object of DeviceOptions. Throws Error that names the fault. */
export function parseDeviceOptions(value: unknown): DeviceOptions {
  if (value === 'default') return { defaults: true }
  if (!isRecord(value)) throw new Error('device limits must be "default" or an object')
  const { defaults = false, limits = {}, features, memoryBudget, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown) throw new Error(`unknown device option: ${unknown} (have defaults, limits, features, memoryBudget)`)
  if (typeof defaults !== 'boolean') throw new Error('invalid defaults: it must be true or false')
  if (features !== undefined && !(Array.isArray(features) && features.every((name) => typeof name === 'string')))
    throw new Error('invalid features: it must be a list of names')
  if (memoryBudget !== undefined && !isPositive(memoryBudget))
    throw new Error('invalid memoryBudget: it must be a number of MiB above 0')
  return {
    defaults,
    limits: parseLimits(limits),
    ...(features === undefined ? {} : { features }),
    ...(memoryBudget === undefined ? {} : { memoryBudget }),
  }
}

function parseLimits(limits: unknown): Partial<Record<Limit, number>> {
  if (!isRecord(limits)) throw new Error('invalid limits: it must be an object')
  const entries = Object.entries(limits).map(([key, value]) => {
    const name = limitNames.find((limit) => limit === key)
    if (!name) throw new Error(`unknown limit: ${key} (have ${limitNames.join(', ')})`)
    if (!isPositive(value)) throw new Error(`invalid limit ${key}: it must be a number above 0`)
    return [name, value] as const
  })
  return Object.fromEntries(entries)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('it is neither "default" nor JSON', { cause })
  }
}

/** The options of the parameter `device-limits` in an address: `default`, or JSON. Throws Error that names the parameter. */
export function optionsInAddress(text: string | null): DeviceOptions | undefined {
  if (text === null) return undefined
  try {
    return parseDeviceOptions(text === 'default' ? text : parsedJson(text))
  } catch (cause) {
    throw new Error(`cannot use device-limits=${text} of the address: ${messageOf(cause)}`, { cause })
  }
}
