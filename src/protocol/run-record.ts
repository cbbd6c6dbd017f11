/** What a run's folder records besides its events: what the run is, and from where it can resume. Types only. */

/** Where a run comes from. */
export type Origin = 'trained' | 'imported' | 'example'

/** The run that a fork began from, or that a repetition repeats. */
export interface RunParent {
  readonly kind: 'fork' | 'repeat'
  readonly id: string
  readonly name: string
  /** Where a fork leaves its parent; 0 for a repetition. */
  readonly step: number
  readonly epoch: number
  /** A fork from a checkpoint without momentum begins with zeros. */
  readonly momentum: 'kept' | 'zero'
}

/** The contents of run.json. Folders of earlier versions have none. */
export interface RunInfo {
  readonly format: 2
  /** Unique; it names the run's folder in the browser. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly origin: Origin
  /** `ARM/seed-N` for a run of a plan. The user may change it. */
  readonly name: string
  readonly tags: readonly string[]
  readonly note: string
  readonly pinned: boolean
  readonly parent: RunParent | null
  /** When the user deleted it, in milliseconds since 1970: it can still be restored. */
  readonly deleted: number | null
}

/** A file with what proves that it is whole. */
export interface SealedFile {
  /** Path in the run's folder. */
  readonly file: string
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** How far the logs belong to a state; everything up to there was on the disk before the state was saved. */
export interface LoggedUpTo {
  /** Bytes of events.jsonl. */
  readonly events: number
  /** Bytes of units.bin. */
  readonly units: number
  /** CRC-32 of those bytes of events.jsonl; absent in records of earlier versions. */
  readonly crc32?: number
}

/** A state of training from which a run resumes to the same bytes. */
export interface ResumePoint {
  /** Optimizer steps taken. */
  readonly step: number
  /** Whole epochs trained. */
  readonly epoch: number
  /** Steps taken within the current epoch. */
  readonly batch: number
  /** The checkpoint of this step, or a file in `resume`. */
  readonly weights: SealedFile
  /** Null at the beginning of a fork from a checkpoint whose momentum was not kept: it begins with zeros. */
  readonly momentum: SealedFile | null
  readonly logs: LoggedUpTo
  /** The newest checkpoint's file name, or '', and its step, or −1. */
  readonly checkpoint: string
  readonly savedStep: number
  /** Of the other fields, as points.json has it: another step or length would be a wrong state. */
  readonly crc32?: number
}

/** The contents of resume/points.json: ascending by step. */
export interface ResumePoints {
  readonly format: 2
  readonly points: readonly ResumePoint[]
}

/** The regularizer's control in a step, as an earlier attempt recorded it. */
export interface RecordedControl {
  readonly step: number
  readonly held: boolean
  readonly alpha: number
}

/** Why a run went on after an interruption. `user`: somebody resumed it. */
export type ResumeReason = 'user' | 'device-lost' | 'out-of-memory' | 'worker-crashed'

/** In the start event of a run that resumed. */
export interface ResumedMark {
  readonly reason: ResumeReason
  /** One sentence: what had happened; empty for `user`. */
  readonly message: string
}

/** What the training loop hands to its host to save a resume point. */
export interface ResumeState {
  readonly step: number
  readonly epoch: number
  readonly batch: number
  /** A safetensors file like a checkpoint's; null where the checkpoint named here has these weights. */
  readonly weights: Uint8Array<ArrayBuffer> | null
  /** A safetensors file with the momentum buffers. */
  readonly momentum: Uint8Array<ArrayBuffer>
  readonly checkpoint: string
  readonly savedStep: number
}
