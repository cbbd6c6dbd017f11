/** Lists the sources of earlier visits, reads them again with the user's permission, and forgets them. */
import type { LayoutName } from '../config/layout.ts'
import type { DataInput } from '../protocol/data-report.ts'
import { type LabContext, say } from './context.ts'
import { nextRequest, read, refuse } from './data-actions.ts'
import { kindOf, type RecentSource, withSource } from './sources.ts'
import { isActive } from './status.ts'

type Handles = Extract<DataInput, { kind: 'handles' }>

type Sources = readonly RecentSource[]

/** Changes the remembered sources, one change after another. The list shows only what has been saved. */
function change(
  { store, sourceChanges, host }: LabContext,
  change: (known: Sources) => Sources | Promise<Sources>,
): Promise<void> {
  return sourceChanges(async () => {
    const { recent: listed } = store.getState()
    // The list of earlier visits may not have been read yet; its sources must not be lost.
    const recent = await change(listed.length > 0 ? listed : await host.sources.read())
    await host.sources.write(recent)
    store.setState({ recent })
  })
}

/** Remembers a source that could be read for later visits. */
export function remember(lab: LabContext, { name, handles }: Handles, layout: LayoutName): Promise<void> {
  const time = lab.host.now().getTime()
  const source = { id: `${time} ${name}`, name, kind: kindOf(handles), time, handles, layout }
  return change(lab, (known) => withSource(known, source))
}

/** Whether the page may read the handles. Asks the user where the browser requires it, which needs a user gesture. */
export async function isAllowed(handles: readonly FileSystemHandle[]): Promise<boolean> {
  for (const handle of handles) {
    const known = (await handle.queryPermission?.({ mode: 'read' })) ?? 'granted'
    if (known === 'granted') continue
    if ((await handle.requestPermission?.({ mode: 'read' })) !== 'granted') return false
  }
  return true
}

export function recentActions(lab: LabContext) {
  const { store, host } = lab
  const find = (id: string) => store.getState().recent.find((source) => source.id === id)

  return {
    /** Lists the sources of earlier visits without asking for permission. */
    listRecent: async (): Promise<void> => {
      const recent = await host.sources.read()
      if (store.getState().recent.length === 0) store.setState({ recent })
    },
    /** Reads a source of an earlier visit; the browser may ask for permission. */
    reopen: async (id: string): Promise<void> => {
      const source = find(id)
      if (!source || isActive(store.getState().run.status)) return
      const { name, handles, layout = 'auto' } = source
      const request = nextRequest(lab)
      const allowed = await isAllowed(handles).catch(() => false)
      if (request !== store.getState().requests.data || isActive(store.getState().run.status)) return
      if (allowed) void read(lab, { kind: 'handles', name, handles }, store.getState().config, layout)
      else refuse(lab, `Permission to read ${name} was not given. Press it to request permission again, or forget it.`)
    },
    forget: async (id: string): Promise<void> => {
      const source = find(id)
      if (!source) return
      await change(lab, (known) => known.filter((one) => one.id !== id))
      say(lab, `${source.name} was removed from the list.`)
    },
  }
}
