/** Records buffers and commands in place of a GPU: buffers have a size and no memory, commands go to a list. */
import type { DispatchFacts } from '../tracing-backend.ts'
import { accessOf, type Command, type DispatchCommand, type RecordedBuffer, wholeCopy } from './command.ts'

export interface Recorder {
  /** The device that makes pipelines. */
  readonly real: GPUDevice
  /** Throws with the name of the operation that cannot be recorded. */
  readonly refuse: (reason: string) => never
  readonly buffers: RecordedBuffer[]
  readonly commands: Command[]
  readonly numbers: WeakMap<GPUBuffer, number>
  /** Numbers of buffers that a command uses: a later write from JavaScript becomes a command, too. */
  readonly used: Set<number>
  readonly written: Set<number>
  /** Of the next dispatch. */
  next: DispatchFacts
}

const unknownDispatch: DispatchFacts = { flops: 0, columns: null }

export const createRecorder = (real: GPUDevice, refuse: Recorder['refuse']): Recorder => ({
  real,
  refuse,
  buffers: [],
  commands: [],
  numbers: new WeakMap(),
  used: new Set(),
  written: new Set(),
  next: unknownDispatch,
})

/** Notes what is known of the next dispatch. */
export function expectDispatch(recorder: Recorder, facts: DispatchFacts): void {
  recorder.next = facts
}

/** Returns the new buffer's number. */
export const addBuffer = ({ buffers }: Recorder, buffer: RecordedBuffer): number => buffers.push(buffer) - 1

export function addCommand({ commands, used, written }: Recorder, command: Command): void {
  commands.push(command)
  const { reads, writes } = accessOf(command)
  for (const buffer of [...reads, ...writes]) used.add(buffer)
  for (const buffer of writes) written.add(buffer)
}

/** Records a dispatch with what was noted for it. */
export function addDispatch(recorder: Recorder, dispatch: Omit<DispatchCommand, 'kind' | keyof DispatchFacts>): void {
  addCommand(recorder, { ...dispatch, kind: 'dispatch', ...recorder.next })
  recorder.next = unknownDispatch
}

/** The number of a buffer in the recording; a buffer from outside gets one. */
export function numberOf(recorder: Recorder, buffer: GPUBuffer): number {
  const known = recorder.numbers.get(buffer)
  if (known !== undefined) return known
  const number = addBuffer(recorder, { size: buffer.size, usage: buffer.usage, real: buffer, contents: null })
  recorder.numbers.set(buffer, number)
  return number
}

/** Whether the step made the buffer and a command has written it. */
export const isComputed = ({ buffers, written }: Recorder, buffer: number): boolean =>
  !buffers[buffer].real && written.has(buffer)

/** Records a copy of a whole buffer, as it is after the commands so far; returns the copy's number. */
export function copyOf(recorder: Recorder, from: number): number {
  const { size, usage } = recorder.buffers[from]
  const to = addBuffer(recorder, { size, usage, real: null, contents: null })
  addCommand(recorder, wholeCopy(from, to, size))
  return to
}

/** Values from JavaScript: a buffer's first contents, or a copy from a constant among the commands. */
export function fillBuffer(recorder: Recorder, number: number, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
  const { buffers, used, refuse } = recorder
  const buffer = buffers[number]
  if (buffer.real) refuse('it writes from JavaScript to a buffer from outside of the step')
  if (!used.has(number)) {
    buffer.contents ??= new Uint8Array(buffer.size)
    buffer.contents.set(bytes, offset)
    return
  }
  const { usage } = buffer
  const from = addBuffer(recorder, { size: bytes.length, usage, real: null, contents: bytes })
  addCommand(recorder, { kind: 'copy', from, fromOffset: 0, to: number, toOffset: offset, size: bytes.length })
}

/** A copy between buffers; one of constants into an unused buffer sets that buffer's contents. */
export function copyBytes(
  recorder: Recorder,
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  size: number,
): void {
  const { buffers, used } = recorder
  const { contents } = buffers[from]
  if (contents && !used.has(from) && !used.has(to) && !buffers[to].real) {
    fillBuffer(recorder, to, toOffset, contents.slice(fromOffset, fromOffset + size))
    return
  }
  addCommand(recorder, { kind: 'copy', from, fromOffset, to, toOffset, size })
}
