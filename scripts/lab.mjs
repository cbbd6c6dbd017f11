/** npm run lab: the command line, in TypeScript by way of tsx. Everything but results goes to standard error. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureDependencies, root } from './setup.mjs'

ensureDependencies({ quiet: true })
const args = [
  '--import',
  import.meta.resolve('tsx'),
  '--no-warnings',
  join(root, 'src', 'cli', 'main.ts'),
  ...process.argv.slice(2),
]
// npm runs scripts in the project's folder; paths are meant from where the user is.
const cwd = (process.env.npm_lifecycle_event === 'lab' && process.env.INIT_CWD) || process.cwd()
const child = spawn(process.execPath, args, { stdio: 'inherit', cwd })
// Ctrl-C reaches the child by itself; this process stays to pass on its exit code.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code) => process.exit(code ?? 1))
