/** Sources of earlier visits: listed, read again once the user allows it, and forgotten. */
import type { DataInput } from '../events.ts'
import { type LabContext, say } from './context.ts'
import { read, refuse } from './data-actions.ts'
import { kindOf, withSource } from './sources.ts'
import { isActive } from './status.ts'

type Handles = Extract<DataInput, { kind: 'handles' }>

/** Keeps a source that could be read for the next visits. It is listed once it is kept: what is seen is there. */
export async function remember({ store, host }: LabContext, { name, handles }: Handles): Promise<void> {
  const time = host.now().getTime()
  const source = { id: `${time} ${name}`, name, kind: kindOf(handles), time, handles }
  const { recent: listed } = store.getState()
  // Read before the list of earlier visits came: they are not to be lost.
  const recent = await withSource(listed.length > 0 ? listed : await host.sources.read(), source)
  await host.sources.write(recent)
  store.setState({ recent })
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
      const recent = store.getState().recent.filter((one) => one !== source)
      await host.sources.write(recent)
      store.setState({ recent })
      say(lab, `${source.name} is forgotten.`)
    },
  }
}
