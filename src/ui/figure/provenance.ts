/** The origin of a figure's numbers. */
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { sha256 } from '../../sha256.ts'

export interface Provenance {
  readonly lab: string
  readonly run: string
  readonly seed: number | null
  readonly step: number
  readonly data: string
  /** SHA-256 of the configuration and the data fingerprint, in hexadecimal. */
  readonly fingerprint: string
}

export async function provenanceOf(run: Run | null): Promise<Provenance> {
  const start = run?.start
  if (!run || !start) return { lab: '', run: '', seed: null, step: 0, data: '', fingerprint: '' }
  const { config, environment } = start
  const fingerprint = await sha256(JSON.stringify(config) + environment.data.fingerprint)
  return {
    lab: environment.lab,
    run: config.name,
    seed: config.seed,
    step: lastStep(run),
    data: environment.data.fingerprint,
    fingerprint,
  }
}
