/** Runs one compiled file of GPU tests with Vitest's runner, without Vite: `test-file.js FILE`. */
import { basename } from 'node:path'
import { type File, startTests, type Task, type VitestRunner } from '@vitest/runner'

const [file] = process.argv.slice(2)
const patience = 360_000

const config: VitestRunner['config'] = {
  root: process.cwd(),
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  testTimeout: patience,
  hookTimeout: patience,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
}

// Vitest's `expect` and `vi` look for the state of a worker of Vitest.
Object.assign(globalThis, { __vitest_worker__: { config: { ...config, expect: {}, fakeTimers: {} }, filepath: file } })

const state = (task: Task) => task.result?.state ?? 'skip'
const counts = { passed: 0, failed: 0, skipped: 0 }

function fail(name: string, task: Task): void {
  counts.failed++
  console.log(`✗ ${name}`)
  for (const { message } of task.result?.errors ?? []) console.log(`  ${message}`)
}

function report(task: Task, above: readonly string[]): void {
  const name = [...above, task.name].join(' › ')
  if (task.type === 'test') {
    if (state(task) === 'pass') counts.passed++
    else if (state(task) === 'fail') fail(name, task)
    else counts.skipped++
    return
  }
  if (task.result?.errors?.length) fail(name, task)
  for (const inner of task.tasks) report(inner, [...above, task.name])
}

const runner: VitestRunner = { config, importFile: (path) => import(path), pool: 'forks' }
// Node would end during a test that only waits for a timer of `AbortSignal.timeout`.
setInterval(() => {}, 1000)
const [ran]: File[] = await startTests([file], runner)
for (const task of ran.tasks) report(task, [])
if (ran.result?.errors?.length) fail(basename(file), ran)
console.log(`${basename(file)}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
// Dawn's threads keep the process alive.
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)
