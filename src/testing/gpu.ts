/** The GPU of the tests, opened once per process. An unexpected GPU error fails the next test that uses the device. */
import { openGpu } from '../gpu/backend.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'

let opened: Promise<Gpu> | undefined

async function open(): Promise<Gpu> {
  const { gpu } = await openNodeGpu()
  return openGpu(gpu)
}

/** The shared device with tfjs on it. Throws if an earlier test caused an error on it. */
export async function testGpu(): Promise<Gpu> {
  opened ??= open()
  const gpu = await opened
  const failure = gpu.failure()
  if (failure) throw failure
  return gpu
}
