import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { isGone, processTag, stateOf, thisProcess } from '../data/node/processes.ts'
import { type Holder, lockText, parseHolder, refusal } from '../runs/lock.ts'
import { UsageError } from './arguments.ts'
import { createFolder, type FolderDisk } from './folder.ts'
import { lock, lockFolder } from './lock.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-lock-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(home, { recursive: true })
})
let files = 0
const newFile = () => join(home, `lock-${files++}`)

const module = JSON.stringify(fileURLToPath(new URL('./lock.ts', import.meta.url)))

/** Runs a script with `lock` in another process; resolves with the process and its first output. */
async function started(script: string): Promise<{ child: ChildProcess; output: string }> {
  const text = `const { lock } = await import(${module}); ${script}; console.log('ready'); setInterval(() => {}, 1000)`
  const args = ['--import', 'tsx', '--no-warnings', '--input-type=module', '-e', text]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const output = await new Promise((resolve) => child.stdout.once('data', resolve))
  return { child, output: String(output) }
}

const other = async (script: string): Promise<ChildProcess> => (await started(script)).child

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

const gone = (): number => spawnSync(process.execPath, ['-e', '']).pid

describe('a lock', () => {
  it.skipIf(process.platform === 'win32')('never waits for a pipe in the place of its file', () => {
    const path = newFile()
    expect(spawnSync('mkfifo', [path]).status).toBe(0)
    const script = `const { lock } = await import(${module}); lock(${JSON.stringify(path)}, 'runs/a')`
    const args = ['--import', 'tsx', '--no-warnings', '--input-type=module', '-e', script]
    const { stderr, signal } = spawnSync(process.execPath, args, { timeout: 20_000, encoding: 'utf8' })
    expect(signal).toBe(null)
    expect(stderr).toContain('does not say by whom')
    rmSync(path)
  })

  it('keeps a second writer out until it is released, and names the first', () => {
    const path = newFile()
    const first = lock(path, 'runs/a')
    expect(() => lock(path, 'runs/a')).toThrow(UsageError)
    expect(() => lock(path, 'runs/a')).toThrow(
      new RegExp(
        `^runs/a is in use by process ${process.pid} on .*, which began just now; wait for its end, or stop it$`,
      ),
    )
    first.confirm()
    first[Symbol.dispose]()
    expect(existsSync(path)).toBe(false)
    lock(path, 'runs/a')[Symbol.dispose]()
    expect(readdirSync(home)).toEqual([])
  })

  it('of a process that was killed is recognized, and of one that ended by a signal is gone', async () => {
    const paths = [newFile(), newFile(), newFile()]
    const child = await other(`for (const path of ${JSON.stringify(paths)}) lock(path, 'it')`)
    for (const path of paths) expect(() => lock(path, 'it')).toThrow(`in use by process ${child.pid}`)
    await killed(child, 'SIGKILL')
    for (const path of paths) {
      expect(existsSync(path)).toBe(true)
      lock(path, 'it')[Symbol.dispose]()
    }
    await Promise.all(
      (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map(async (signal) => {
        const path = newFile()
        await killed(await other(`lock(${JSON.stringify(path)}, 'it')`), signal)
        expect(existsSync(path), signal).toBe(false)
      }),
    )
  }, 30_000)

  it.each([
    ['a process that no longer runs', () => ({ pid: gone() })],
    ['an earlier process with a number of now', () => ({ started: `${thisProcess().started}0` })],
    ['an earlier start of the machine', () => ({ pid: 1, started: 'another boot 1' })],
  ])('of %s is taken over', (_, holder) => {
    const path = newFile()
    writeFileSync(path, lockText({ ...thisProcess(), time: 0, ...holder() }))
    using own = lock(path, 'it')
    own.confirm()
    expect(parseHolder(readFileSync(path, 'utf8'))).toMatchObject(thisProcess())
  })

  it.each([
    [
      'another host',
      lockText({ ...thisProcess(), host: 'far', time: Date.now() - 3 * 3_600_000 }),
      /on far 3 hours ago; remove/,
    ],
    ['nobody', '', /does not say by whom; remove that file/],
    ['a number that is none of a process', lockText({ ...thisProcess(), pid: 1e99, time: 0 }), /does not say by whom/],
    ['no host', lockText({ ...thisProcess(), host: '', time: 0 }), /does not say by whom/],
    ['half a holder', '{"host":"a","pid":', /does not say by whom/],
    ['a wrong number', lockText({ ...thisProcess(), pid: -1, time: 0 }), /does not say by whom/],
  ])('of %s is refused with the cure', (_, text, message) => {
    const path = newFile()
    writeFileSync(path, text)
    expect(() => lock(path, 'it')).toThrow(message)
    expect(readFileSync(path, 'utf8')).toBe(text)
    rmSync(path)
  })

  it('of an earlier attempt of the same job is taken over, also from another host', () => {
    const path = newFile()
    const there = { ...thisProcess(), host: 'far', time: 0, job: { id: 'main 12', attempt: 0 } }
    const locked = (environment: Readonly<Record<string, string>>) => {
      writeFileSync(path, lockText(there))
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
      try {
        lock(path, 'it')[Symbol.dispose]()
        return 'taken over'
      } catch (error) {
        return String(error)
      } finally {
        vi.unstubAllEnvs()
      }
    }
    const again = { SLURM_CLUSTER_NAME: 'main', SLURM_JOB_ID: '12', SLURM_RESTART_COUNT: '1' }
    expect(locked(again)).toBe('taken over')
    for (const other of [{ SLURM_JOB_ID: '13' }, { SLURM_CLUSTER_NAME: 'b' }, { SLURM_RESTART_COUNT: '0' }]) {
      expect(locked({ ...again, ...other }), JSON.stringify(other)).toContain('on far')
    }
    expect(locked({})).toContain('on far')
    rmSync(path)
  })

  it('removes what a process left that was killed while it took the lock, and nothing else', () => {
    const path = newFile()
    const [left, kept] = [
      [`${path}.${gone()}.part`, `${path}.${gone()}.stale`],
      [`${path}.1.part`, `${path}.csv.part`],
    ]
    for (const file of [...left, ...kept]) writeFileSync(file, '')
    lock(path, 'it')[Symbol.dispose]()
    expect(left.filter(existsSync)).toEqual([])
    expect(kept.filter(existsSync)).toEqual(kept)
    for (const file of kept) rmSync(file)
  })

  it('tells its holder when another process has taken it', () => {
    const path = newFile()
    using own = lock(path, 'it')
    rmSync(path)
    own.confirm()
    const thief: Holder = { ...thisProcess(), host: 'far', time: 0 }
    writeFileSync(path, lockText(thief))
    expect(() => own.confirm()).toThrow(/locked by process/)
    own[Symbol.dispose]()
    expect(readFileSync(path, 'utf8')).toBe(lockText(thief))
  })

  it('has one holder when several processes find a stale one', async () => {
    const path = newFile()
    writeFileSync(path, lockText({ ...thisProcess(), pid: gone(), time: 0 }))
    const attempt = `let won = false; try { lock(${JSON.stringify(path)}, 'it'); won = true } catch {}; console.log(won)`
    const all = await Promise.all([0, 1, 2].map(() => started(attempt)))
    const winners = all.filter(({ output }) => output.startsWith('true'))
    expect(winners).toHaveLength(1)
    const holder = parseHolder(readFileSync(path, 'utf8'))
    expect(holder?.pid).toBe(winners[0].child.pid)
    expect(readdirSync(home).filter((name) => /stale|part/.test(name))).toEqual([])
  }, 30_000)
})

describe('the folder of a lock', () => {
  it('is removed with it if nothing was written, with the folders around it', () => {
    const folder = join(home, 'x', 'y', 'z')
    lockFolder(folder)[Symbol.dispose]()
    expect(existsSync(join(home, 'x'))).toBe(false)
    const kept = lockFolder(folder)
    writeFileSync(join(folder, 'events.jsonl'), '')
    kept[Symbol.dispose]()
    expect(readdirSync(folder)).toEqual(['events.jsonl'])
  })

  it.each(['', '/run', '/run/deep'])('that is a file, or lies in one, is refused (%j)', (inside) => {
    const file = newFile()
    writeFileSync(file, '')
    expect(() => lockFolder(`${file}${inside}`)).toThrow(/cannot create the folder .*\(a file is in the way\)/)
  })

  it('may be made by another process at the same time', () => {
    const there = new Set(['/disk'])
    const disk: FolderDisk = {
      isFolder: (path) => there.has(path),
      make: (path) => {
        if (!there.has(path.slice(0, path.lastIndexOf('/')))) throw Object.assign(new Error(path), { code: 'ENOENT' })
        there.add(path)
        if (path === '/disk/a') throw Object.assign(new Error(path), { code: 'EEXIST' })
      },
    }
    expect(createFolder('/disk/a/b', disk)).toEqual(['/disk/a/b'])
  })

  it.each([
    ['EROFS', 'the disk is read-only, EROFS'],
    ['EACCES', 'no permission, EACCES'],
    ['ENOSPC', 'the disk is full, ENOSPC'],
    ['ENAMETOOLONG', 'the name is too long'],
  ])('has the true reason where the disk refuses it (%s)', (code, reason) => {
    // A disk like Linux's: a missing folder around comes first, then the refusal.
    const disk: FolderDisk = {
      isFolder: (path) => path === '/disk',
      make: (path) => {
        throw Object.assign(new Error(path), { code: path === '/disk/a' ? code : 'ENOENT' })
      },
    }
    expect(() => createFolder('/disk/a/b/c', disk)).toThrow(`cannot create the folder /disk/a/b/c (${reason})`)
  })
})

describe('a process', () => {
  it('is this one, or gone, or on another host', () => {
    expect(stateOf(thisProcess())).toBe('running')
    expect(stateOf({ ...thisProcess(), started: '' })).toBe('running')
    expect(stateOf({ ...thisProcess(), pid: gone() })).toBe('gone')
    expect(stateOf({ ...thisProcess(), host: 'far' })).toBe('elsewhere')
  })

  it('is named in files so that its end is recognized', () => {
    const [host, , started] = processTag().split('-')
    expect(isGone(processTag())).toBe(false)
    expect(isGone(`${host}-${gone()}-${started}`)).toBe(true)
    expect(isGone(`${host}-${process.pid}-00000000`)).toBe(true)
    expect(isGone(`00000000-${gone()}-${started}`)).toBe(false)
    for (const text of ['', 'abc', `${host}-x-${started}`]) expect(isGone(text)).toBe(false)
  })
})

it('the refusal says when, by whom and what to do', () => {
  const holder: Holder = { host: 'box 4026531836', pid: 7, started: '', time: 0 }
  expect(refusal('runs/a', 'runs/a/run.lock', holder, true, 90_000)).toBe(
    'runs/a is in use by process 7 on box, which began 1 minute ago; wait for its end, or stop it',
  )
  expect(refusal('runs/a', 'runs/a/run.lock', holder, false, 2 * 86_400_000)).toBe(
    'runs/a was locked by process 7 on box 2 days ago; remove runs/a/run.lock if that process no longer runs',
  )
})
