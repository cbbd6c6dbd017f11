/** The command line: parses the command, delegates, turns errors into one line and an exit code. */

import { messageOf } from '../message.ts'
import { isUsage, UsageError } from './arguments.ts'
import { helpText } from './help.ts'
import { print, say } from './terminal.ts'

const commands: Readonly<Record<string, () => Promise<(args: string[]) => Promise<number>>>> = {
  train: async () => (await import('./train.ts')).train,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  ablate: async () => (await import('./ablate.ts')).ablate,
  linearity: async () => (await import('./linearity.ts')).linearity,
  indices: async () => (await import('./indices.ts')).indices,
  unit: async () => (await import('./unit.ts')).unit,
  plan: async () => (await import('./plan.ts')).plan,
  compare: async () => (await import('./compare.ts')).compare,
  claims: async () => (await import('./claims.ts')).claims,
  pack: async () => (await import('./pack.ts')).pack,
  inspect: async () => (await import('./inspect.ts')).inspect,
  caches: async () => (await import('./caches.ts')).caches,
}

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || rest.includes('--help') || ['help', '--help', '-h'].includes(name)) {
    print(helpText())
    return name === undefined ? 2 : 0
  }
  if (!Object.hasOwn(commands, name)) {
    throw new UsageError(
      `unknown command: ${name} (have ${Object.keys(commands).join(', ')}). See: npm run lab -- --help`,
    )
  }
  const command = await commands[name]()
  return command(rest)
}

const debug = process.argv.includes('--debug')
const code = await run(process.argv.slice(2).filter((arg) => arg !== '--debug')).catch((error: unknown) => {
  const message = messageOf(error)
  say(debug && error instanceof Error ? String(error.stack) : `Error: ${message.split('\n')[0]}`)
  return isUsage(error) ? 2 : 1
})
// Dawn's threads keep the process alive, so it is ended explicitly, once standard output has been written.
process.stdout.write('', () => process.exit(code))
