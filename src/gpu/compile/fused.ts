/** Applies the fusion of sums to recorded commands. */
import { bindingUseOf } from '../bindings.ts'
import type { LabBackend } from '../lab-backend.ts'
import { accessOf, type Command, type Commands, type DispatchCommand, type RecordedBinding } from './command.ts'
import { type Candidate, type Fusion, fusionsOf } from './fuse.ts'

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

/** The same computation, in which programs add to their results what further programs would. */
export function withFusions(backend: LabBackend, { commands, ...rest }: Commands): Commands {
  const fusions = fusionsOf(commands.map(candidateOf), rest.items)
  const byProducer = new Map(fusions.map((fusion) => [fusion.producer, fusion]))
  const gone = new Set(fusions.map(({ addition }) => addition))
  const dispatch = (c: number) => commands[c] as DispatchCommand
  const apply = ({ producer, addition, addend }: Fusion) =>
    fused(backend, dispatch(producer), dispatch(addition), addend)
  const next = commands.flatMap((command, c) => {
    const fusion = byProducer.get(c)
    return fusion ? [apply(fusion)] : gone.has(c) ? [] : [command]
  })
  return { commands: next, ...rest }
}
