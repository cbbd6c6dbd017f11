/** What the page shows besides the curves: types of the store's state. Step-rate numbers live in series.ts. */
import type { RunConfig } from '../config/config.ts'
import type { AdapterReport, DataReport, EndEvent, LabMessage, Moment, Sample } from '../events.ts'

export type DeviceState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly adapter: AdapterReport }
  | {
      readonly status: 'refused'
      readonly reason: Extract<LabMessage, { type: 'device-refused' }>['reason']
      readonly message: string
    }

export type DataState =
  | { readonly status: 'none' }
  | { readonly status: 'reading'; readonly name: string; readonly done: number; readonly total: number }
  | { readonly status: 'ready'; readonly report: DataReport; readonly samples: readonly Sample[] }
  | { readonly status: 'refused'; readonly message: string }

export type RunStatus = 'idle' | 'starting' | 'running' | 'paused' | 'stopping' | 'ended'

export interface LiveState {
  /** What the user's control is set to; applied only while `held` and `on`. */
  readonly alpha: number
  readonly on: boolean
  /** True while the user holds the control, false while the schedule has it. */
  readonly held: boolean
}

export type XUnit = 'epoch' | 'step' | 'time'

/** What all charts share: unit of x, zoomed range (in steps), the cursor and the selected moment (steps). */
export interface ViewState {
  readonly x: XUnit
  readonly range: readonly [number, number] | null
  readonly cursor: number | null
  /** The moment that all views show; null follows the newest probe. */
  readonly moment: number | null
  readonly site: string | null
}

export interface LabState {
  readonly device: DeviceState
  readonly data: DataState
  readonly config: RunConfig
  /** Key of the field → what is wrong with what the user typed. */
  readonly fieldErrors: Readonly<Record<string, string>>
  readonly run: {
    readonly status: RunStatus
    readonly id: string | null
    readonly end: EndEvent | null
    /** Where the run is; updated at most 4 times a second. */
    readonly moment: Moment
  }
  readonly live: LiveState
  readonly view: ViewState
  /** The sentence for the live region. */
  readonly status: string
  /** The worker died or refused a command. */
  readonly failure: string | null
}
