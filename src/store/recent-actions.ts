/** Sources of earlier visits: listed, read again once the user allows it, and forgotten. */
import type { DataInput } from '../protocol/data-report.ts'
import { type LabContext, say } from './context.ts'
import { read, refuse } from './data-actions.ts'
import { kindOf, type RecentSource, withSource } from './sources.ts'
import { isActive } from './status.ts'

type Handles = Extract<DataInput, { kind: 'handles' }>

type Sources = readonly RecentSource[]

/** Changes the kept sources, one change after another. The list shows them once they are kept: what is seen is there. */
function change(
  { store, session, host }: LabContext,
  next: (known: Sources) => Sources | Promise<Sources>,
): Promise<void> {
  const changed = session.sources.then(async () => {
    const { recent: listed } = store.getState()
    // Before the list of earlier visits came: they are not to be lost.
    const recent = await next(listed.length > 0 ? listed : await host.sources.read())
    await host.sources.write(recent)
    store.setState({ recent })
  })
  session.sources = changed.catch(() => {})
  return changed
}

/** Keeps a source that could be read for the next visits. */
export function remember(lab: LabContext, { name, handles }: Handles): Promise<void> {
  const time = lab.host.now().getTime()
  const source = { id: `${time} ${name}`, name, kind: kindOf(handles), time, handles }
  return change(lab, (known) => withSource(known, source))
}

/** Asks the user where the browser no longer grants it; must be called from a press. */
async function isAllowed(handles: readonly FileSystemHandle[]): Promise<boolean> {
  for (const handle of handles) {
    const known = (await handle.queryPermission?.({ mode: 'read' })) ?? 'granted'
    if (known === 'granted') continue
    if ((await handle.requestPermission?.({ mode: 'read' })) !== 'granted') return false
  }
  return true
}

export function recentActions(lab: LabContext) {
  const { store, session, host } = lab
  const find = (id: string) => store.getState().recent.find((source) => source.id === id)

  return {
    /** Lists the sources of earlier visits; nobody is asked for anything. */
    listRecent: async (): Promise<void> => {
      const recent = await host.sources.read()
      if (store.getState().recent.length === 0) store.setState({ recent })
    },
    /** Reads a source of an earlier visit; the browser may ask for permission. */
    reopen: async (id: string): Promise<void> => {
      const source = find(id)
      if (!source || isActive(store.getState().run.status)) return
      const { name, handles } = source
      const request = ++session.request
      const allowed = await isAllowed(handles).catch(() => false)
      if (request !== session.request) return
      if (allowed) read(lab, { kind: 'handles', name, handles })
      else refuse(lab, `Permission to read ${name} was not given. Press it again to be asked again, or forget it.`)
    },
    forget: async (id: string): Promise<void> => {
      const source = find(id)
      if (!source) return
      await change(lab, (known) => known.filter((one) => one.id !== id))
      say(lab, `${source.name} is forgotten.`)
    },
  }
}
