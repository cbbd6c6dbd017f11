/** Reads the small JSON files of a run's folder, which may come from anywhere. */
import { messageOf } from '../../message.ts'
import { isDeeper } from '../../shape.ts'
import type { RunFiles } from './files.ts'
import { RunError } from './run-error.ts'

/** Bytes of the largest of these files: config.json with thousands of classes has less. */
const largest = 2 ** 24

/** Levels of lists and objects. These files have at most five. */
const levels = 20

/** The text of a file; null where there is none. Rejects with RunError for one that cannot be read or is too large. */
export async function readText(files: RunFiles, path: string, name: string, limit = largest): Promise<string | null> {
  const blob = await blobAt(files, path, name)
  if (!blob) return null
  if (blob.size > limit) throw new RunError(`${name}: ${path} has ${blob.size} bytes, more than the ${limit} allowed`)
  try {
    return await blob.text()
  } catch (error) {
    throw new RunError(`${name}: cannot read ${path} (${messageOf(error)})`)
  }
}

/** A file of the run; null where there is none. Rejects with RunError where the storage fails. */
export async function blobAt(files: RunFiles, path: string, name: string): Promise<Blob | null> {
  try {
    return await files.read(path)
  } catch (error) {
    throw error instanceof RunError ? error : new RunError(`${name}: cannot read ${path} (${messageOf(error)})`)
  }
}

/** The value in a JSON file; undefined where there is no file. Rejects with RunError. */
export async function readJson(files: RunFiles, path: string, name: string): Promise<unknown> {
  const text = await readText(files, path, name)
  if (text === null) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RunError(`${name}: ${path} is not JSON; restore it, or delete it`)
  }
  if (!isDeeper(value, levels)) return value
  throw new RunError(`${name}: ${path} has more than ${levels} levels of lists and objects; restore it, or delete it`)
}

/** JSON as these files have it. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
