/** Opens a dataset of files: finds its classes and splits in the list of files, reads the images, and reports what it holds. */
import type { Entry } from '../entry.ts'
import { byText } from '../hash.ts'
import type { AuditOptions, ImageSet, OnProgress } from '../source.ts'
import { fingerprintOf } from './audit.ts'
import { type Checks, checkAll, findKnown } from './check-all.ts'
import { openChecks } from './checks.ts'
import { type Base, drawn, drawnBefore } from './drawn.ts'
import { withinLimit } from './limited.ts'
import type { OpenOptions } from './open-options.ts'
import { type Layout, layoutOf } from './tree.ts'

/** All images in the order of their paths; with null splits if the source does not define any. */
function listedImages({ train, validation }: Layout): Checks['listed'] {
  const splitByFolder = validation !== null
  return [
    ...train.map((image) => ({ ...image, split: splitByFolder ? ('train' as const) : null })),
    ...(validation ?? []).map((image) => ({ ...image, split: 'validation' as const })),
  ]
    .sort((a, b) => byText(a.entry.path, b.entry.path))
    .map((image, at) => ({ ...image, at }))
}

/** Opens a dataset of files. Leaves out and reports unreadable images. Throws DataError, or AbortError. */
export async function openSet(
  entries: readonly Entry[],
  options: OpenOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const { name, check = 'all' } = options
  const layout = await layoutOf(entries, name, options.layout)
  const listed = listedImages(layout)
  const stored = openChecks(
    options.checks,
    options.identity ?? name,
    listed.map(({ entry }) => entry),
  )
  const within = withinLimit(options.decode, stored, options.maxMegapixels)
  const checks: Checks = { listed, results: new Array(listed.length).fill(null), ...within }
  const base: Base = { checks, layout, options, fingerprint: await fingerprintOf(listed) }
  if (check === 'known') await findKnown(checks, signal)
  if (check === 'all') return audited(base, { cache: options.cache, onProgress, signal })
  signal.throwIfAborted()
  return withAudit(base, await drawn(base))
}

const withAudit = (base: Base, set: ImageSet): ImageSet => ({
  ...set,
  remember: base.checks.known.save,
  audit: (options) => audited(base, options),
  asKnown: async () => withAudit(base, await drawn(base)),
  asBefore: async (among) => ({ ...(await drawnBefore(base, among)), remember: base.checks.known.save }),
})

async function audited(base: Base, { cache, ...options }: AuditOptions): Promise<ImageSet> {
  const { checks } = base
  const writer = (await cache?.(base.options.name, checks.listed.length)) ?? null
  await checkAll(checks, { ...options, cache: writer })
  return withAudit(base, await drawn(base))
}
