/** Applies activation recomputation to recorded commands. */
import { bindingUseOf } from '../bindings.ts'
import { accessOf, type Command, type Commands, renamed } from './command.ts'
import { recompute } from './recompute.ts'

const isRecomputable = (command: Command): boolean =>
  command.kind === 'dispatch' && bindingUseOf(command.pipeline).recomputable

/** The new names of buffers: those of `before` become those of `after`, in the same places. */
function namesOf(before: readonly number[], after: readonly number[]): Map<number, number> {
  return new Map(before.map((b, i) => [b, after[i]]))
}

/** The same computation with fewer bytes live at one time, in which cheap programs run again. */
export function withRecomputation({ commands, buffers, items }: Commands): Commands {
  const accesses = commands.map((command) => ({ ...accessOf(command), recomputable: isRecomputable(command) }))
  const { entries, origins } = recompute(accesses, items)
  const next = entries.map(({ source, reads, writes }) => {
    const names = namesOf([...accesses[source].reads, ...accesses[source].writes], [...reads, ...writes])
    return renamed(commands[source], (b) => names.get(b) ?? b)
  })
  return {
    commands: next,
    buffers: origins.map((origin, b) => (origin === b ? buffers[b] : { ...buffers[origin] })),
    items: origins.map((origin) => items[origin]),
  }
}
