/** Finds the images of a run again: open already, built in, or by the handles of an earlier visit. */
import type { RunConfig } from '../config/config.ts'
import type { DataInput } from '../protocol/data-report.ts'
import type { LabContext } from './context.ts'
import { isAllowed } from './recent-actions.ts'
import { loadedData } from './status.ts'

/** Remembers where a run's images come from, for later visits. */
export function rememberImages({ store, host }: LabContext, runId: string): void {
  const input = loadedData(store.getState().data)?.reading.input
  if (input?.kind === 'handles') void host.sources.writeOf(runId, input.handles)
}

/** What to read for a run; null where the page does not know it. Asks the browser for no permission. */
export async function findImages(
  { store, host }: LabContext,
  runId: string,
  config: RunConfig,
): Promise<DataInput | null> {
  const { source } = config.data
  const loaded = loadedData(store.getState().data)
  if (loaded?.report.source === source) return loaded.reading.input
  if (source === 'cifar10') return { kind: 'cifar10' }
  const own = await host.sources.readOf(runId)
  if (own) return { kind: 'handles', name: source, handles: own }
  const listed = store.getState().recent
  const recent = listed.length > 0 ? listed : await host.sources.read()
  const found = recent.find(({ name }) => name === source)
  return found ? { kind: 'handles', name: source, handles: found.handles } : null
}

/** Whether the page may read an input. Asks the user where the browser requires it, which needs a user gesture. */
export const mayRead = async (input: DataInput): Promise<boolean> =>
  input.kind !== 'handles' || (await isAllowed(input.handles).catch(() => false))
