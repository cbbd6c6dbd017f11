/** Stores activations and their gradients in f16: replaces recorded programs, and halves the buffers between them. */
import type { LabBackend } from '../lab-backend.ts'
import { bufferNames, type Exponents, type Program, type Stored } from '../program.ts'
import type { Command, Commands, DispatchCommand, RecordedBinding } from './command.ts'
import { type HalfUse, halfBuffers } from './half.ts'

/** Values are stored times 2 to the power of these. */
export type StorageExponents = Readonly<Record<Stored, number>>

/** WebGPU binds multiples of four bytes. */
const halfSize = (size: number) => 4 * Math.ceil(size / 8)

type SizeOf = (buffer: number) => number

const isWhole = ({ buffer, offset, size }: RecordedBinding, sizeOf: SizeOf) => offset === 0 && size === sizeOf(buffer)

function dispatchUses(program: Program | undefined, { bindings }: DispatchCommand, sizeOf: SizeOf): HalfUse[] {
  const names = program ? bufferNames(program) : []
  const { reads = [], writes = {} } = program?.half ?? {}
  const bufferOf = (name: string) => bindings.find(({ binding }) => names[binding] === name)?.buffer ?? null
  return bindings.map((bound) => {
    const { buffer, written, binding } = bound
    const name = names[binding] ?? ''
    const holds = written ? (writes[name] ?? null) : null
    return {
      buffer,
      written,
      able: isWhole(bound, sizeOf) && (written ? holds !== null : reads.includes(name)),
      holds: holds && typeof holds === 'object' ? bufferOf(holds.like) : holds,
    }
  })
}

const copyUse = (buffer: number, written: boolean): HalfUse => ({ buffer, written, able: false, holds: null })

function usesOf(backend: LabBackend, command: Command, sizeOf: SizeOf): HalfUse[] {
  return command.kind === 'copy'
    ? [copyUse(command.from, false), copyUse(command.to, true)]
    : dispatchUses(backend.programOf(command), command, sizeOf)
}

function halvedCommand(
  backend: LabBackend,
  command: Command,
  held: ReadonlyMap<number, Stored>,
  exponents: StorageExponents,
): Command {
  const program = command.kind === 'dispatch' ? backend.programOf(command) : undefined
  if (command.kind === 'copy' || !program) return command
  const names = bufferNames(program)
  const stored: Exponents = Object.fromEntries(
    command.bindings.flatMap(({ buffer, binding }) => {
      const what = held.get(buffer)
      return what ? [[names[binding], exponents[what]] as const] : []
    }),
  )
  if (Object.keys(stored).length === 0) return command
  const bindings = command.bindings.map((bound) =>
    held.has(bound.buffer) ? { ...bound, size: halfSize(bound.size) } : bound,
  )
  return { ...command, ...backend.halvedPipeline(command, stored), bindings }
}

/** The same computation with activations and their gradients stored in f16. Other buffers keep their type. */
export function withHalfStorage(
  backend: LabBackend,
  { commands, buffers, items }: Commands,
  exponents: StorageExponents,
): Commands {
  const sizeOf = (b: number) => buffers[b].size
  const uses = commands.map((command) => usesOf(backend, command, sizeOf))
  const held = halfBuffers(uses, (b) => !items[b].external)
  const halves = <T extends { readonly size: number }>(all: readonly T[]) =>
    all.map((one, b) => (held.has(b) ? { ...one, size: halfSize(one.size) } : one))
  return {
    commands: commands.map((command) => halvedCommand(backend, command, held, exponents)),
    buffers: halves(buffers),
    items: halves(items),
  }
}
