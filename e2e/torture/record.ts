/** What two runs must have in common, byte for byte: weights, tables, units, and events apart from times. */
import { createHash } from 'node:crypto'

/** The files of a run by their paths. */
export type RunBytes = ReadonlyMap<string, Uint8Array>

/** Files that are compared whole. selectivity.csv and metrics.csv are missing where an export makes them. */
const isCompared = (path: string) =>
  /^(checkpoints\/[^/]+\.safetensors|metrics\.csv|selectivity\.csv|units\.bin)$/.test(path)

const compared = ['step', 'evaluation', 'probe', 'checkpoint']

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

/** The lines of a log that are compared: without `time` and `gpuBytes`, and without an incomplete last line. */
function linesOf(log: string): string[] {
  return log
    .split('\n')
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter(({ type }) => compared.includes(String(type)))
    .map(({ time: _, gpuBytes: __, ...event }) => JSON.stringify(event))
}

function firstDifference(path: string, a: readonly string[], b: readonly string[]): string | null {
  const at = a.findIndex((line, i) => line !== b[i])
  if (at < 0 && a.length === b.length) return null
  const i = at < 0 ? a.length : at
  const shown = (lines: readonly string[]) => (lines[i] ?? '(none)').slice(0, 300)
  return `${path} differs at line ${i + 1} of ${a.length}:\n    uninterrupted: ${shown(a)}\n    resumed:       ${shown(b)}`
}

const hashOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? 'no file' : createHash('sha256').update(bytes).digest('hex').slice(0, 16)

function differenceOf(path: string, a: Uint8Array | undefined, b: Uint8Array | undefined): string | null {
  if (path === 'events.jsonl') return firstDifference(path, linesOf(textOf(a)), linesOf(textOf(b)))
  if (a && b && Buffer.compare(a, b) === 0) return null
  if (path.endsWith('.csv')) return firstDifference(path, textOf(a).split('\n'), textOf(b).split('\n'))
  return `${path} differs: uninterrupted ${hashOf(a)}, resumed ${hashOf(b)}`
}

/** How a resumed run differs from the uninterrupted one; null where they are the same. */
export function runDifference(whole: RunBytes, resumed: RunBytes): string | null {
  const paths = new Set([...whole.keys(), ...resumed.keys()].filter(isCompared))
  for (const path of ['events.jsonl', ...[...paths].sort()]) {
    const difference = differenceOf(path, whole.get(path), resumed.get(path))
    if (difference !== null) return difference
  }
  return null
}
