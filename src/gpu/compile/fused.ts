/** Applies the fusions of sums and of moments to recorded commands. */
import { bindingUseOf } from '../bindings.ts'
import type { LabBackend } from '../lab-backend.ts'
import { accessOf, type Command, type Commands, type DispatchCommand, type RecordedBinding } from './command.ts'
import { type Candidate, type Fusion, fusionsOf } from './fuse.ts'
import { type MomentsCandidate, type MomentsFusion, momentsFusionsOf } from './fuse-moments.ts'

const other = { operands: null, extensible: false } as const

/** The binding with this number. */
const bindingAt = ({ bindings }: DispatchCommand, binding: number): RecordedBinding =>
  bindings.find((b) => b.binding === binding) as RecordedBinding

function candidateOf(command: Command): Candidate {
  const access = accessOf(command)
  if (command.kind === 'copy') return { ...access, ...other }
  const { addition, extensible } = bindingUseOf(command.pipeline)
  if (!addition) return { ...access, operands: null, extensible }
  return { ...access, operands: [bindingAt(command, 1).buffer, bindingAt(command, 2).buffer], extensible }
}

/** The dispatch that computes an operand and adds the other one. */
function fused(
  backend: LabBackend,
  producer: DispatchCommand,
  addition: DispatchCommand,
  addend: number,
): DispatchCommand {
  const { pipeline, layout, addend: at } = backend.extendedPipelineOf(producer)
  const [, ...inputs] = producer.bindings
  const added = addition.bindings.find(({ buffer, written }) => buffer === addend && !written) as RecordedBinding
  const bindings = [
    bindingAt(addition, 0),
    ...inputs.filter(({ binding }) => binding < at),
    { ...added, binding: at },
    ...inputs.filter(({ binding }) => binding >= at).map((b) => ({ ...b, binding: b.binding + 1 })),
  ]
  return { ...producer, pipeline, layout, bindings }
}

/** The commands with those of `changed` in place of others, and without those of `gone`. */
const replaced = (commands: readonly Command[], changed: ReadonlyMap<number, Command>, gone: readonly number[]) =>
  commands.flatMap((command, c) => (gone.includes(c) ? [] : [changed.get(c) ?? command]))

function withSums(backend: LabBackend, { commands, ...rest }: Commands): Commands {
  const fusions = fusionsOf(commands.map(candidateOf), rest.items)
  const dispatch = (c: number) => commands[c] as DispatchCommand
  const apply = ({ producer, addition, addend }: Fusion): [number, Command] => [
    producer,
    fused(backend, dispatch(producer), dispatch(addition), addend),
  ]
  const gone = fusions.map(({ addition }) => addition)
  return { commands: replaced(commands, new Map(fusions.map(apply)), gone), ...rest }
}

function momentsCandidateOf(command: Command): MomentsCandidate {
  const access = accessOf(command)
  if (command.kind === 'copy') return { ...access, withMoments: false, matrix: null, columns: null }
  const { moments, withMoments } = bindingUseOf(command.pipeline)
  return { ...access, withMoments, matrix: moments ? bindingAt(command, 1).buffer : null, columns: command.columns }
}

/** The dispatch that computes a matrix and its moments. */
function withOwnMoments(backend: LabBackend, producer: DispatchCommand, moments: DispatchCommand): DispatchCommand {
  const [result, ...inputs] = producer.bindings
  const bindings = [
    result,
    { ...bindingAt(moments, 0), binding: 1 },
    ...inputs.map((b) => ({ ...b, binding: b.binding + 1 })),
  ]
  return { ...producer, ...backend.momentsPipelineOf(producer), bindings }
}

function withMoments(backend: LabBackend, { commands, ...rest }: Commands): Commands {
  const fusions = momentsFusionsOf(commands.map(momentsCandidateOf), rest.items)
  const dispatch = (c: number) => commands[c] as DispatchCommand
  const apply = ({ producer, moments }: MomentsFusion): [number, Command] => [
    producer,
    withOwnMoments(backend, dispatch(producer), dispatch(moments)),
  ]
  const gone = fusions.map(({ moments }) => moments)
  return { commands: replaced(commands, new Map(fusions.map(apply)), gone), ...rest }
}

/** The same computation, in which programs add to their results, or write the moments of these, as further programs would. */
export const withFusions = (backend: LabBackend, recorded: Commands): Commands =>
  withSums(backend, withMoments(backend, recorded))
