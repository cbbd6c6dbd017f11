import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { isUsage } from './arguments.ts'
import { plan } from './plan.ts'
import { arrayScript } from './slurm-script.ts'

const home = realpathSync(mkdtempSync(join(tmpdir(), "lab's slurm $HOME ")))
afterAll(() => rmSync(home, { recursive: true }))
beforeEach(() => {
  const before = process.listeners('SIGTERM')
  const interrupted = process.listeners('SIGINT')
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  return () => {
    vi.restoreAllMocks()
    for (const own of process.listeners('SIGTERM')) if (!before.includes(own)) process.off('SIGTERM', own)
    for (const own of process.listeners('SIGINT')) if (!interrupted.includes(own)) process.off('SIGINT', own)
  }
})

/** Writes an executable file and returns its path. */
function program(name: string, text: string): string {
  const path = join(home, name)
  writeFileSync(path, `#!/bin/bash\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

/** Prints its folder and arguments, one a line; with the argument --eager it waits for SIGTERM and exits with 1. */
const bundle = program(
  "it's run.sh",
  `pwd
printf '%s\\n' "$@"
case "$*" in *--eager*) ;; *) exit 0 ;; esac
trap 'echo stopped; exit 1' TERM
echo waiting
while :; do sleep 0.05; done`,
)
const bin = join(home, 'bin')
mkdirSync(bin)
const requeued = join(home, 'requeued')
program('bin/scontrol', `echo "$@" >> "${requeued.replace('$', '\\$')}"`)

/** What SLURM gives a task. */
const environment = (task: number, restarts = 0) => ({
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  SLURM_ARRAY_TASK_ID: `${task}`,
  SLURM_JOB_ID: `40${task}`,
  ...(restarts > 0 ? { SLURM_RESTART_COUNT: `${restarts}` } : {}),
})

const out = join(home, 'my plans', 'early')
const script = join(home, 'jobs', 'early or late.sh')
const given = ['early-or-late', '--seeds', '1,2', '--out', out, '--slurm', script, '--program', bundle]

describe.skipIf(process.platform === 'win32')('a job array', () => {
  it('has a task for each run, which calls the program with paths as they are', async () => {
    expect(await plan([...given, '--untuned', '--no-cache'])).toBe(0)
    expect(JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8'))).toMatchObject({ name: 'early-or-late' })
    const runs = ['none', 'from-0', 'from-5'].flatMap((arm) => [1, 2].map((seed) => `${arm}/seed-${seed}`))
    const called = [1, 2, 3, 4, 5, 6].map((task) => {
      const { stdout, status, stderr } = spawnSync('bash', [script], {
        env: environment(task),
        cwd: tmpdir(),
        encoding: 'utf8',
      })
      expect(status, stderr).toBe(0)
      return stdout.trimEnd().split('\n')
    })
    expect(called.map((lines) => lines[7]).sort()).toEqual(runs.sort())
    const [first] = called
    expect([...first.slice(0, 7), ...first.slice(8)]).toEqual([
      process.cwd(),
      ...['lab', 'plan', join(out, 'plan.json'), '--out', out, '--run', '--untuned', '--no-cache'],
    ])
    expect(existsSync(requeued)).toBe(false)
  })

  it('refuses to run without a task, and tasks that it does not have', () => {
    for (const task of [0, 7]) {
      const { status, stderr } = spawnSync('bash', [script], { env: environment(task), encoding: 'utf8' })
      expect([status, stderr]).toEqual([2, 'Start this script with sbatch: its tasks are 1 to 6.\n'])
    }
  })

  /** Starts task 1, sends a signal once the program waits, and returns the output and the exit code. */
  async function signalled(signal: NodeJS.Signals, restarts = 0) {
    rmSync(requeued, { force: true })
    const child = spawn('bash', [script], { env: environment(1, restarts) })
    let output = ''
    child.stderr.on('data', (text) => {
      output += text
    })
    child.stdout.on('data', (text) => {
      if (!output.includes('waiting') && String(text).includes('waiting')) child.kill(signal)
      output += text
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    return { output, code, requeued: existsSync(requeued) ? readFileSync(requeued, 'utf8') : '' }
  }

  it('stops its run before the time limit and puts itself back into the queue, but not for ever', async () => {
    expect(await plan([...given, '--eager'])).toBe(0)
    const limit = await signalled('SIGUSR1')
    expect(limit).toMatchObject({ code: 1, requeued: 'requeue 401\n', output: expect.stringContaining('stopped') })
    expect(await signalled('SIGUSR1', 100)).toMatchObject({
      code: 1,
      requeued: '',
      output: expect.stringContaining('restarted 100 times'),
    })
  })

  it('stops its run at a termination signal, after which the scheduler decides', async () => {
    expect(await signalled('SIGTERM')).toMatchObject({
      code: 1,
      requeued: '',
      output: expect.stringContaining('stopped'),
    })
  })

  it('has options of sbatch that no name of a plan can change', () => {
    const text = arrayScript({
      plan: 'mine\n#SBATCH --wrap="rm -rf ~" $(id)',
      ...{ runs: ['a/seed-1'], program: ['lab'], out: '/x', folder: '/', flags: [] },
    })
    const options = text.split('\n').filter((line) => line.startsWith('#SBATCH'))
    expect(options[0]).toBe('#SBATCH --job-name=mine-SBATCH---wrap-rm--rf-id-')
    expect(options).toContain('#SBATCH --array=1-1')
    expect(options).toHaveLength(8)
  })

  it.each([
    [['--slurm', script], /missing --out/],
    [['--slurm', script, '--out', out, '--estimate'], /--estimate does not go with --slurm/],
    [['--slurm', script, '--out', out, '--gpu', '0'], /--gpu does not go with --slurm: SLURM gives each task its GPU/],
    [['--slurm', script, '--out', out, '--run', 'none/seed-1'], /--run does not go with --slurm/],
    [['--slurm', bundle, '--out', out], /run\.sh exists and is no job array of this command/],
    [['--slurm', home, '--out', out], /exists and is no job array/],
    [['--slurm', script, '--out', out, '--program', home], /invalid --program: .*\(the file run\.sh of a bundle/],
    [['--slurm', script, '--out', out, '--queue', 'redis://x'], /--slurm does not go with --queue/],
    [['--run', 'none/seed-1', '--out', out, '--queue', 'redis://x'], /--run does not go with --queue/],
    [['--program', bundle, '--out', out], /--program goes only with --slurm/],
    [['--run', 'none/seed-9', '--out', out], /unknown run: none\/seed-9 \(have none\/seed-1, from-0\/seed-1, .*, …\)/],
  ])('refuses %j', async (flags, message) => {
    const error: unknown = await plan(['early-or-late', ...flags]).catch((thrown: unknown) => thrown)
    expect(isUsage(error), String(error)).toBe(true)
    expect(String(error)).toMatch(message)
  })
})
