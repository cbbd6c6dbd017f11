/** A digest of a run's events: equal for equal events, whatever format their log has and whether it has units and folders. */
import { hexOf } from '../hex.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { portableEvent } from './portable.ts'

/** Lines that are hashed together. */
const chunk = 2000

/** The part of an event that every log of the run has; null for events that some logs leave out. */
function comparable(event: LoggedEvent): object | null {
  if (event.type === 'activity' || event.type === 'graph') return null
  if (event.type !== 'probe') return portableEvent(event)
  const { sites: _sites, units: _units, ...rest } = event
  return rest
}

const hashOf = async (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

export interface EventDigest {
  readonly add: (event: LoggedEvent) => Promise<void>
  /** 24 hexadecimal digits. */
  readonly end: () => Promise<string>
}

export function createDigest(): EventDigest {
  let lines: string[] = []
  let hashes: Uint8Array[] = []
  const flush = async () => {
    hashes.push(await hashOf(new TextEncoder().encode(lines.join('\n'))))
    lines = []
  }
  return {
    add: async (event) => {
      const own = comparable(event)
      if (own) lines.push(JSON.stringify(own))
      if (lines.length === chunk) await flush()
    },
    end: async () => {
      await flush()
      const all = new Uint8Array(await new Blob(hashes as Uint8Array<ArrayBuffer>[]).arrayBuffer())
      hashes = []
      return hexOf((await hashOf(all)).subarray(0, 12))
    },
  }
}
