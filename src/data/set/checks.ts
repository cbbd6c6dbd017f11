/**
 * The results of checking a dataset's files, stored between visits: an unchanged file is then not decoded again. A file
 * counts as unchanged if its stamp and its samples are those of the last check, or else if all its bytes are the same.
 */
import { decoderVersion } from '../decode/version.ts'
import type { Entry } from '../entry.ts'
import type { Identity } from '../identity.ts'
import type { Check } from '../source.ts'

/** The check of a file, with the identity that the file had. */
interface StoredCheck extends Pick<Identity, 'stamp'> {
  readonly sample: string
  readonly check: Check
}

/** The stored checks of a source, by the places of its files. */
export interface StoredChecks {
  readonly format: number
  /** Version of the decoders that made the checks. */
  readonly decoders: number
  readonly checks: readonly (readonly [place: string, stored: StoredCheck])[]
}

/** Stores checks by their source: an absolute path, or a handle that the page has seen before. */
export interface CheckStore {
  /** Null if there is nothing. The caller examines what is stored: another version can have stored it. */
  readonly read: (source: string) => Promise<unknown>
  readonly write: (source: string, checks: StoredChecks) => Promise<void>
}

/** The form of StoredChecks. */
const format = 2

/** Storing more checks takes longer than they save, and hundreds of megabytes. */
const mostStored = 300_000

export interface KnownChecks {
  /** The check of a file that is unchanged, as far as its stamp and samples show; undefined if there is none. */
  readonly find: (entry: Entry) => Promise<Check | undefined>
  /** The check of a file that had exactly these bytes, given by their SHA-256; undefined if there is none. */
  readonly withBytes: (entry: Entry, hash: string) => Promise<Check | undefined>
  /** `bytes`: the file's contents. */
  readonly add: (entry: Entry, check: Check, bytes: Uint8Array) => Promise<void>
  /** Stores the checks of the source's files, if some are new. */
  readonly save: () => Promise<void>
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** SHA-256 of the file that was checked; undefined if it could not be read. */
const hashOf = (check: Check): string | undefined => ('hash' in check ? check.hash : check.content)

function isCheck(value: unknown): value is Check {
  if (!isRecord(value)) return false
  const { reason, content, width, height, hash, header } = value
  if (typeof reason === 'string') return typeof content === 'string'
  return typeof width === 'number' && typeof height === 'number' && typeof hash === 'string' && header !== undefined
}

const isStored = (value: unknown): value is StoredCheck =>
  isRecord(value) &&
  (value.stamp === null || typeof value.stamp === 'string') &&
  typeof value.sample === 'string' &&
  isCheck(value.check)

/** The stored checks by place. None if another version of the decoders made them, or if they have another form. */
function parsed(value: unknown): Map<string, StoredCheck> {
  const found = new Map<string, StoredCheck>()
  if (!isRecord(value) || value.format !== format || value.decoders !== decoderVersion) return found
  for (const item of Array.isArray(value.checks) ? value.checks : []) {
    const [place, stored]: unknown[] = Array.isArray(item) ? item : []
    if (typeof place === 'string' && isStored(stored)) found.set(place, stored)
  }
  return found
}

/** The identities of the source's files by place, without files at the same place, which could not be told apart. */
function placesOf(entries: readonly Entry[]): Map<string, Identity> {
  const places = new Map<string, Identity>()
  const shared = new Set<string>()
  for (const { identity } of entries) {
    const other = identity && places.get(identity.place)
    if (other && other !== identity) shared.add(identity.place)
    if (identity) places.set(identity.place, identity)
  }
  for (const place of shared) places.delete(place)
  return places
}

async function isUnchanged({ stamp, sample, isWhole }: Identity, stored: StoredCheck): Promise<boolean> {
  if (!isWhole && (stamp === null || stamp !== stored.stamp)) return false
  // Reading the file will show why it could not be sampled.
  return (await sample().catch(() => null)) === stored.sample
}

/** The checks of a source with these files, which are read when the first one is asked for. At most `limit` are stored. */
export function openChecks(
  store: CheckStore | undefined,
  source: string,
  entries: readonly Entry[],
  limit = mostStored,
): KnownChecks {
  const places = placesOf(store && entries.length <= limit ? entries : [])
  let reading: Promise<Map<string, StoredCheck>> | undefined
  const before = () => {
    reading ??= (async () => parsed(places.size > 0 ? await store?.read(source) : null))()
    return reading
  }
  const identityOf = ({ identity }: Entry) => (identity && places.has(identity.place) ? identity : undefined)
  const storedOf = async (identity: Identity | undefined) => identity && (await before()).get(identity.place)
  const now = new Map<string, StoredCheck>()
  let unsaved = 0
  return {
    find: async (entry) => {
      const identity = identityOf(entry)
      const stored = await storedOf(identity)
      return identity && stored && (await isUnchanged(identity, stored)) ? stored.check : undefined
    },
    withBytes: async (entry, hash) => {
      const check = (await storedOf(identityOf(entry)))?.check
      return check && hashOf(check) === hash ? check : undefined
    },
    add: async (entry, check, bytes) => {
      const identity = identityOf(entry)
      const hash = hashOf(check)
      if (!identity || hash === undefined || ('passing' in check && check.passing)) return
      const sample = await identity.sample({ bytes, hash }).catch(() => null)
      const stored = await storedOf(identity)
      const isStored = stored?.check === check && stored.stamp === identity.stamp && stored.sample === sample
      if (sample === null || isStored) return
      now.set(identity.place, { stamp: identity.stamp, sample, check })
      unsaved++
    },
    save: async () => {
      if (unsaved === 0) return
      unsaved = 0
      // Another process may have stored checks meanwhile.
      const stored = parsed(await store?.read(source))
      const earlier = await before()
      const merged = [...places.keys()].flatMap((place) => {
        const one = now.get(place) ?? stored.get(place) ?? earlier.get(place)
        return one ? [[place, one] as const] : []
      })
      await store?.write(source, { format, decoders: decoderVersion, checks: merged })
    },
  }
}
