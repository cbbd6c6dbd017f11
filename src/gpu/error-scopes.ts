/** Runs GPU work without letting its errors become the device's failure. */

import { messageOf } from '../message.ts'
import { type Device, DeviceError, failureOf } from './device.ts'

export type Caught<T> = { readonly value: T } | { readonly error: Error }

const filters: readonly GPUErrorFilter[] = ['validation', 'out-of-memory', 'internal']

/** The first error of all open scopes, innermost first; null without one. */
async function closeScopes({ device }: Device): Promise<Error | null> {
  const closed = await Promise.allSettled(filters.map(() => device.popErrorScope()))
  for (const result of closed) {
    // A lost device no longer has scopes.
    if (result.status === 'rejected') return new DeviceError('device-lost', messageOf(result.reason))
    if (result.value) return failureOf(result.value)
  }
  return null
}

/**
 * Runs `work` and resolves with its value or the first error: a shader that does not compile, then an error of the
 * device, then what `work` threw. Errors of `work` never reach `device.failure()`; a lost device does. Commands recorded
 * before must have been submitted, and `work` must submit its own. No other work may use the device meanwhile, except
 * `compileInBackground` inside `device.unreported`. It closes its own scope before it returns, its errors only reject its promise, and its
 * shaders are in no report.
 */
export async function inErrorScopes<T>(device: Device, work: () => Promise<T>): Promise<Caught<T>> {
  for (const filter of filters) device.device.pushErrorScope(filter)
  let outcome: Caught<T>
  try {
    outcome = { value: await work() }
  } catch (error) {
    outcome = { error: error instanceof Error ? error : new Error(messageOf(error)) }
  }
  const scoped = await closeScopes(device)
  const shaders = await device.takeShaderErrors()
  if (shaders) return { error: new DeviceError('validation', shaders) }
  return scoped ? { error: scoped } : outcome
}

/**
 * Resolves as `work` does, or rejects with the first error of the device. `work` must issue all its commands before it
 * returns its promise: the scopes close then, so that calls may overlap. Errors never reach `device.failure()`; a lost
 * device does.
 */
export async function issuedInErrorScopes<T>(device: Device, work: () => Promise<T>): Promise<T> {
  for (const filter of filters) device.device.pushErrorScope(filter)
  const result = work()
  const closed = closeScopes(device)
  const [[outcome], scoped] = await Promise.all([Promise.allSettled([result]), closed])
  if (scoped) throw scoped
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}
