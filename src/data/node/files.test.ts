import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { processTag } from './processes.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-files-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

it('unpacked files of killed processes are removed by the next process, those of others stay', async () => {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, home)
  // A process looks once, and an earlier test in this one may have made it look.
  vi.resetModules()
  const { sourceFiles } = await import('./files.ts')
  const [host, pid, started] = processTag().split('-')
  const gone = spawnSync(process.execPath, ['-e', '']).pid
  const left = [`${host}-${gone}-${started}`, `${host}-${pid}-01234567`]
  const kept = [processTag(), `01234567-${gone}-${started}`, 'caches', '']
  const folderOf = (tag: string) => `selectivity-lab-${tag}-AbC123`
  for (const tag of [...left, ...kept]) {
    mkdirSync(join(home, folderOf(tag)))
    writeFileSync(join(home, folderOf(tag), 'unpacked'), 'bytes')
  }
  writeFileSync(join(home, 'another-program'), '')
  await using files = sourceFiles()
  expect(readdirSync(home).sort()).toEqual(['another-program', ...kept.map(folderOf)].sort())
  const { signal } = new AbortController()
  await files.host.unpack(new Blob(['abc']).stream(), 3, signal)
  const added = readdirSync(home).filter((name) => !['another-program', ...kept.map(folderOf)].includes(name))
  expect(added).toEqual([expect.stringMatching(new RegExp(`^selectivity-lab-${processTag()}-.{6}$`))])
})
