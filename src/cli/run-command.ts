/** Finds the command of a command line, runs it, and turns errors into one line and an exit code. */
import { isUsage, UsageError } from './arguments.ts'
import { commandNamed, commands } from './commands.ts'
import { errorLine } from './error-line.ts'
import { commandHelp, fieldsHelp, overview } from './help.ts'
import { clearProgress, print, say } from './terminal.ts'

const isHelp = (arg: string) => arg === '--help' || arg === '-h'

/** The help on a topic: a command, `fields`, or everything. Throws UsageError. */
function helpOn(topic: string | undefined): string {
  if (topic === undefined) return overview()
  if (topic === 'fields') return fieldsHelp()
  const command = commandNamed(topic)
  if (command) return commandHelp(topic, command)
  throw new UsageError(`unknown command: ${topic} (have ${Object.keys(commands).join(', ')}, fields)`)
}

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    print(overview())
    return 2
  }
  const command = commandNamed(name)
  if (command && !rest.some(isHelp)) return (await command.load())(rest)
  print(helpOn(isHelp(name) || name === 'help' ? rest.find((arg) => !isHelp(arg)) : name))
  return 0
}

/** Runs a command and resolves to its exit code. `--debug` among the arguments prints the whole stack of an error. */
export async function runCommand(given: readonly string[]): Promise<number> {
  const args = given.filter((arg) => arg !== '--debug')
  const code = await run(args).catch((error: unknown) => {
    clearProgress()
    say(given.includes('--debug') && error instanceof Error ? String(error.stack) : errorLine(error, args[0]))
    return isUsage(error) ? 2 : 1
  })
  clearProgress()
  return code
}
