/** Reads the layouts of made-up paths. */
import type { LayoutName } from '../config/layout.ts'
import type { Entry } from '../data/entry.ts'
import { type Layout, layoutOf } from '../data/set/tree.ts'

/** A file with a text. */
export const entryOf = (path: string, text = 'x'): Entry => ({
  path,
  size: text.length,
  read: async () => new TextEncoder().encode(text),
})

/** Reads the layout of files at these paths. */
export const read = (paths: readonly string[], layout?: LayoutName) =>
  layoutOf(
    paths.map((path) => entryOf(path)),
    'set',
    layout,
  )

/** `train/cat/1.png` as `train cat`: split and class of each image, with the number of images. */
export function countsOf({ train, validation }: Layout): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { classId } of train) counts[`train ${classId}`] = (counts[`train ${classId}`] ?? 0) + 1
  for (const { classId } of validation ?? []) counts[`val ${classId}`] = (counts[`val ${classId}`] ?? 0) + 1
  return counts
}

/** `a/{b,c}/{1,2}.png` as four paths. */
function expand(pattern: string): string[] {
  const [, before = '', inside = '', after = ''] = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern) ?? []
  if (inside === '') return [pattern]
  return inside.split(',').flatMap((one) => expand(before + one + after))
}

/** The paths that these patterns mean: `{a,b}/1.png` is two paths. */
export const paths = (...patterns: string[]) => patterns.flatMap(expand)

/** Each class in both splits with two images. */
export const both = (...classes: string[]) =>
  Object.fromEntries(classes.flatMap((id) => [`train ${id}`, `val ${id}`].map((key) => [key, 2])))
/** Each class with two images. */
export const once = (...classes: string[]) => Object.fromEntries(classes.map((id) => [`train ${id}`, 2]))
