/** Frees the memory that the units of ended runs hold, once their files have them. */
import type { RunFiles } from '../runs/format/files.ts'
import type { Run } from '../runs/reduce.ts'
import type { UnitsSource } from '../runs/units/source.ts'
import type { LabContext } from './context.ts'

/** Whether the files have the run's last record, whole. Records are written in order, so they then have all. */
async function hasUnits({ probes }: Run, stored: UnitsSource): Promise<boolean> {
  const last = probes.findLast(({ units }) => units !== null)
  if (!last) return false
  try {
    return (await stored.read(last)) !== null
  } catch {
    return false
  }
}

async function readUnitsFrom({ series }: LabContext, id: string, files: RunFiles): Promise<boolean> {
  const run = series.find(id)
  if (!run?.end) return false
  const { createStoredUnits } = await import('../runs/units/stored.ts')
  const stored = createStoredUnits(files)
  if (!(await hasUnits(run, stored))) return false
  series.releaseUnits(id, stored)
  return true
}

export const unitsActions = (lab: LabContext) => ({
  /**
   * Reads the units of an ended run from its files from now on. Resolves with false, and leaves them in memory, where the
   * files do not have them.
   */
  readUnitsFrom: (id: string, files: RunFiles): Promise<boolean> => readUnitsFrom(lab, id, files),
})
