/** Selectivity, preferred classes and means of all units on the probe set. */
import type { Network } from '../measure/evaluate.ts'
import { measureUnits, type Units } from '../measure/units.ts'
import type { OpenedRun } from './open-run.ts'

/** Measures all units on the probe set. top: the number of most activating images to store for each unit. */
export const probedUnits = ({ sites, reader, signal }: OpenedRun, network: Network, top = 1): Promise<Units> =>
  measureUnits(network, sites, reader.probe(), { top, signal })
