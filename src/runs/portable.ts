/** Removes the folders of a machine from a run's record. What is left names files only. */
import type { LoggedEvent } from '../protocol/run-events.ts'
import { isRecord } from '../shape.ts'
import type { Row } from './tables.ts'

/** The last part of a path; a name without folders as it is. */
export const fileName = (path: string): string => path.split(/[/\\]/).findLast((part) => part !== '') ?? path

const root = String.raw`(?:/|\\\\|[A-Za-z]:[\\/])`
/** A path in quotation marks may have spaces; any other ends at one. */
const quoted = new RegExp(String.raw`(["'])(${root}(?:(?!\1).)+)\1`, 'g')
const unquoted = new RegExp(String.raw`(^|[\s"'(])(${root}[^\s"'),;:]+)`, 'g')

/** A text with only the last part of each absolute path in it. */
const withoutFolders = (text: string): string =>
  text
    .replace(quoted, (_, mark: string, path: string) => mark + fileName(path) + mark)
    .replace(unquoted, (_, before: string, path: string) => before + fileName(path))

/** Changes the texts of some keys, where they are there. */
function changed<T extends object>(value: T, keys: readonly string[], change: (text: string) => string): T {
  const own = keys.flatMap((key) => {
    const text: unknown = Reflect.get(value, key)
    return typeof text === 'string' ? [[key, change(text)]] : []
  })
  return own.length === 0 ? value : { ...value, ...Object.fromEntries(own) }
}

/** The object with a changed object in it, where that is there. */
const inside = <T extends object>(value: T, key: string, change: (inner: object) => object): T => {
  const inner: unknown = Reflect.get(value, key)
  return isRecord(inner) ? { ...value, [key]: change(inner) } : value
}

const named = (value: object) => changed(value, ['source'], fileName)

/** A configuration whose dataset is named without its folder. */
export const portableConfig = <T extends object>(config: T): T => inside(config, 'data', named)

/** An environment whose driver and dataset are named without their folders. */
export const portableEnvironment = <T extends object>(environment: T): T =>
  inside(changed(environment, ['driver'], withoutFolders), 'data', named)

const told = <T extends object>(value: T): T => changed(value, ['message', 'advice', 'what'], withoutFolders)

/** An event without the folders of the machine that recorded it. */
export function portableEvent<E extends LoggedEvent>(event: E): E {
  switch (event.type) {
    case 'start': {
      const start = inside(inside(event, 'config', portableConfig), 'environment', portableEnvironment)
      return inside(start, 'resumed', told)
    }
    case 'data':
      return told(inside(inside(event, 'from', named), 'to', named))
    case 'warning':
    case 'end':
      return told(event)
    default:
      return event
  }
}

/**
 * Changes the rows of a run's measurement tables, which then name images without their folders. Images in different folders
 * have different names, for rows of earlier versions tell them apart by nothing else. `source`: the run's own images.
 */
export function portableRows(source: string): (row: Row) => Row {
  const names = new Map([[source, fileName(source)]])
  const nameOf = (data: string): string => {
    const taken = new Set(names.values())
    const own = fileName(data)
    let name = names.get(data) ?? own
    if (!names.has(data)) for (let n = 2; taken.has(name); n++) name = `${own} (${n})`
    names.set(data, name)
    return name
  }
  return (row) => changed(row, ['data'], nameOf)
}
