/** Which classes a run uses: null is all of them. */

import { messageOf } from '../../message.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import { stream } from '../../random.ts'

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

export interface Search<C> {
  readonly found: readonly C[]
  /** Why nothing was found: the regular expression is none. */
  readonly error: string | null
}

/** Classes whose id or name holds the searched text, or meets a regular expression between slashes; case does not count. */
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

/** Ids of the first `n` classes, or of `n` drawn by a seed. */
export function someOf(classes: readonly ClassInfo[], n: number, seed: number | null): string[] {
  const ids = classes.map(({ id }) => id)
  return (seed === null ? ids : stream(seed, 'classes').shuffle(ids)).slice(0, n)
}
