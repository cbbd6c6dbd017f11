/** The form while a plan's runs go through it. */
import type { RunConfig } from '../../config/config.ts'
import { saveConfig } from '../persist.ts'
import type { Experiments } from './context.ts'

/** Shows a configuration in the form; the visit's own stays the one that is remembered. */
export function showConfig({ host }: Experiments, config: RunConfig, own: RunConfig): void {
  host.lab.store.setState({ config, fieldErrors: {}, drafts: {} })
  saveConfig(host.memory, own)
}
