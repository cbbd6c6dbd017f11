/** npm run torture:sweeps: trains plans on workers, kills workers, trainers, coordinator and server, and compares the bytes. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { allocator } from './allocator.mjs'
import { whenAbandoned } from './ending.mjs'
import { ensureDependencies, root } from './setup.mjs'

ensureDependencies({ quiet: true, dev: true })
const main = join(root, 'e2e', 'torture', 'sweep-run.ts')
const args = ['--import', import.meta.resolve('tsx'), '--no-warnings', main, ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { stdio: 'inherit', cwd: root, env: { ...allocator, ...process.env } })
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
whenAbandoned(() => child.kill('SIGTERM'))
child.on('exit', (code) => process.exit(code ?? 1))
