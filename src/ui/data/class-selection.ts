/** Which classes a run uses: null is all of them. */
import type { ClassInfo } from '../../events.ts'

/** Ids in the data set's order that a draft, or else the configuration, has chosen. */
export function chosenClasses(draft: string | undefined, value: readonly string[] | null, all: readonly ClassInfo[]) {
  const drafted: unknown = draft?.startsWith('[') ? JSON.parse(draft) : undefined
  const ids = Array.isArray(drafted) ? drafted : (value ?? all.map(({ id }) => id))
  return all.map(({ id }) => id).filter((id) => ids.includes(id))
}

/** The field's text for chosen ids; all of them are written as null, so that a larger set is used whole. */
export const classesText = (ids: ReadonlySet<unknown>, all: readonly ClassInfo[]): string => {
  const chosen = all.map(({ id }) => id).filter((id) => ids.has(id))
  return chosen.length === all.length ? 'null' : JSON.stringify(chosen)
}

/** Classes whose id or name holds the searched text. */
export function searched<C extends ClassInfo>(classes: readonly C[], text: string): readonly C[] {
  const wanted = text.trim().toLowerCase()
  return classes.filter(({ id, name }) => id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted))
}
