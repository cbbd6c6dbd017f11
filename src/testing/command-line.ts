/** The command line in tests: as a process of its own, as users start it, or within the process of the test. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { runCommand } from '../cli/run-command.ts'

const script = fileURLToPath(new URL('../../scripts/lab.mjs', import.meta.url))

export interface CommandResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `npm run lab` in a folder, with further environment variables. */
export function labProcess(cwd: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): CommandResult {
  const options = { encoding: 'utf8', cwd, env: { ...process.env, ...variables } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options)
  return { status, stdout, stderr }
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Removes the listeners that a command leaves on the process, which would end with it. */
async function withoutListeners<T>(work: () => Promise<T>): Promise<T> {
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)))
  try {
    return await work()
  } finally {
    for (const signal of signals)
      for (const listener of process.listeners(signal)) if (!before.has(listener)) process.off(signal, listener)
  }
}

/**
 * Runs a command in a folder, within this process: it starts at once, and commands after the first share the device and its
 * compiled programs.
 */
export async function labCommand(cwd: string, args: readonly string[]): Promise<CommandResult> {
  const home = process.cwd()
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    }),
  )
  process.chdir(cwd)
  try {
    return { status: await withoutListeners(() => runCommand(args)), ...written }
  } finally {
    process.chdir(home)
    for (const spy of spies) spy.mockRestore()
  }
}
