/** run.json: what a run is. */
import type { Origin, RunInfo, RunParent } from '../../protocol/run-record.ts'
import { amount, flag, list, object, oneOf, orNull, pattern, type Shape } from '../../shape.ts'
import { parentShape } from '../event-shape.ts'
import type { RunFiles, WritableRunFiles } from './files.ts'
import { jsonText, readJson } from './json-file.ts'
import { RunError } from './run-error.ts'

export const infoName = 'run.json'

/** Most characters of the texts that a user gives to a run. */
export const longest = { name: 200, tag: 60, tags: 50, note: 20_000 } as const

const upTo = (characters: number): Shape => pattern(`a text of at most ${characters} characters`, textOf(characters))
const textOf = (characters: number) => new RegExp(`^[^]{0,${characters}}$`)

const tags: Shape = (value, at) =>
  Array.isArray(value) && value.length > longest.tags
    ? `${at} has more than ${longest.tags}`
    : list(upTo(longest.tag))(value, at)

const infoShape = object({
  id: pattern('an id', /^[\w-][\w.-]{0,99}$/),
  created: amount,
  origin: oneOf('trained', 'imported', 'example'),
  name: upTo(longest.name),
  tags,
  note: upTo(longest.note),
  pinned: flag,
  parent: orNull(parentShape),
  deleted: orNull(amount),
})

/** What a value, read from run.json, tells about the run. Throws RunError. */
export function parseInfo(value: unknown, name: string): RunInfo {
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format === 'number' && format > 2)
    throw new RunError(`${name}: ${infoName} has format ${format}; open the run with a newer version of the lab`)
  const problem = format === 2 ? infoShape(value, '') : 'format is not 2'
  if (problem !== null)
    throw new RunError(`${name}: ${infoName} does not describe a run (${problem}); delete that file`)
  return value as RunInfo
}

/** Null where the folder has no run.json, which those of format 1 do not have. Rejects with RunError. */
export async function readInfo(files: RunFiles, name: string): Promise<RunInfo | null> {
  const value = await readJson(files, infoName, name)
  return value === undefined ? null : parseInfo(value, name)
}

export interface NewInfo {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly name: string
  readonly origin?: Origin
  readonly parent?: RunParent | null
}

export const newInfo = ({ id, created, name, origin = 'trained', parent = null }: NewInfo): RunInfo => ({
  format: 2,
  id,
  created,
  origin,
  name: name.slice(0, longest.name),
  tags: [],
  note: '',
  pinned: false,
  parent,
  deleted: null,
})

export const writeInfo = (files: WritableRunFiles, info: RunInfo): Promise<void> =>
  files.replace(infoName, jsonText(parseInfo(info, info.name)))
