/** The selection of a run's classes; null means all. */

import { messageOf } from '../../message.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import { stream } from '../../random.ts'

/** The ids that the draft, or else the configuration, selects, in the dataset's order. */
export function chosenClasses(draft: string | undefined, value: readonly string[] | null, all: readonly ClassInfo[]) {
  const drafted: unknown = draft?.startsWith('[') ? JSON.parse(draft) : undefined
  const ids = Array.isArray(drafted) ? drafted : (value ?? all.map(({ id }) => id))
  return all.map(({ id }) => id).filter((id) => ids.includes(id))
}

/** The field's text for selected ids. All ids become null, so that a larger dataset is also used completely. */
export const classesText = (ids: ReadonlySet<unknown>, all: readonly ClassInfo[]): string => {
  const chosen = all.map(({ id }) => id).filter((id) => ids.has(id))
  return chosen.length === all.length ? 'null' : JSON.stringify(chosen)
}

export interface Search<C> {
  readonly found: readonly C[]
  /** The error of an invalid regular expression, or null. */
  readonly error: string | null
}

/** Classes whose id or name contains the text, or matches a regular expression between slashes. Ignores case. */
export function searched<C extends ClassInfo>(classes: readonly C[], text: string): Search<C> {
  const wanted = text.trim().toLowerCase()
  const pattern = /^\/(.*)\/$/.exec(text.trim())
  if (!pattern) {
    const holds = (value: string) => value.toLowerCase().includes(wanted)
    return { found: classes.filter(({ id, name }) => holds(id) || holds(name)), error: null }
  }
  try {
    const expression = new RegExp(pattern[1], 'i')
    return { found: classes.filter(({ id, name }) => expression.test(id) || expression.test(name)), error: null }
  } catch (error) {
    return { found: [], error: messageOf(error) }
  }
}

/** Ids of the first `n` classes, or of `n` random classes if there is a seed. */
export function someOf(classes: readonly ClassInfo[], n: number, seed: number | null): string[] {
  const ids = classes.map(({ id }) => id)
  return (seed === null ? ids : stream(seed, 'classes').shuffle(ids)).slice(0, n)
}
