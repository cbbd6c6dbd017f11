/** Groups unreadable files by reason. */
import type { DataReport } from '../../protocol/data-report.ts'

export interface ReasonGroup {
  readonly reason: string
  readonly files: number
  /** The first paths of the group. */
  readonly paths: readonly string[]
}

/** Groups with the most frequent reason first; at most `most` paths in all groups together. */
export function groupedReasons(unreadable: DataReport['unreadable'], most: number): ReasonGroup[] {
  const byReason = new Map<string, string[]>()
  for (const { path, reason } of unreadable) {
    const own = byReason.get(reason)
    if (own) own.push(path)
    else byReason.set(reason, [path])
  }
  let room = most
  return [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, paths]) => {
      const listed = paths.slice(0, room)
      room -= listed.length
      return { reason, files: paths.length, paths: listed }
    })
}

/** One line per file: path, tab, reason. */
export const reasonsText = (unreadable: DataReport['unreadable']): string =>
  unreadable.map(({ path, reason }) => `${path}\t${reason}`).join('\n')
