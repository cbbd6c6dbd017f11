/** Measures how far the lab's results are from PyTorch's on the well-conditioned reference cases. */
import { openGpu } from '../src/gpu/backend.ts'
import { activeNames, oracleCase, oracleTruth } from '../src/testing/oracle.ts'
import { boundsOf } from '../src/testing/oracle-bounds.ts'
import { type Distances, distances, runOracle } from '../src/testing/oracle-run.ts'

export interface AccuracyRow {
  readonly name: string
  readonly eager: boolean
  readonly distances: Distances
  readonly bounds: Distances
}

export interface AccuracyResult {
  readonly adapter: string
  readonly rows: readonly AccuracyRow[]
}

/** Runs every case compiled and eager, with the kernels that are chosen without timing. */
export async function benchAccuracy(
  _options: unknown,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<AccuracyResult> {
  const gpu = await openGpu(webgpu)
  const rows: AccuracyRow[] = []
  for (const name of activeNames) {
    const [oracle, truth] = [oracleCase(name), oracleTruth(name)]
    for (const eager of [false, true]) {
      say(`${name}, ${eager ? 'eager' : 'compiled'} …`)
      const run = await runOracle(oracle, { gpu, eager })
      rows.push({ name, eager, distances: distances(run, oracle, truth), bounds: boundsOf(name) })
    }
  }
  return { adapter: gpu.adapter.name, rows }
}
