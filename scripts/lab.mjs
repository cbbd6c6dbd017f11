/** npm run lab: runs the command line with tsx, which compiles its TypeScript. Only results go to standard output. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { allocator } from './allocator.mjs'
import { followChild, whenAbandoned } from './ending.mjs'
import { ensureDependencies, root } from './setup.mjs'

ensureDependencies({ quiet: true })
const args = [
  '--import',
  import.meta.resolve('tsx'),
  '--no-warnings',
  join(root, 'src', 'cli', 'main.ts'),
  ...process.argv.slice(2),
]
// npm runs scripts in the project's folder, but the user's paths are relative to where the user is.
const cwd = (process.env.npm_lifecycle_event === 'lab' && process.env.INIT_CWD) || process.cwd()
const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
const child = spawn(process.execPath, args, { stdio, cwd, env: { ...allocator, ...process.env } })
// Ctrl-C reaches the child directly. This process stays alive to pass on the child's exit code or signal.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
whenAbandoned(() => child.kill('SIGTERM'))
followChild(child, { exit: (code) => process.exit(code), say: (line) => console.error(line) })
