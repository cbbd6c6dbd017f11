import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UsageError } from './arguments.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { writePieces } from './write-result.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-pieces-'))
afterAll(() => rmSync(home, { recursive: true }))

async function* pieces(failure?: Error): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1, 2)
  if (failure) throw failure
  yield Uint8Array.of(3)
}

const full = () => {
  throw Object.assign(new Error('full'), { code: 'ENOSPC' })
}

describe('a file written in pieces', () => {
  const path = join(home, 'file')

  it('is there whole', async () => {
    await writePieces(path, pieces())
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
  })

  it.each(['create', 'write', 'sync', 'rename'] as const)(
    'keeps the earlier one when the disk refuses to %s',
    async (step) => {
      writeFileSync(path, 'earlier')
      const disk: Disk = { ...nodeDisk, [step]: full }
      await expect(writePieces(path, pieces(), disk)).rejects.toThrow(
        new UsageError(`cannot write ${path} (the disk is full, ENOSPC)`),
      )
      expect([readdirSync(home), readFileSync(path, 'utf8')]).toEqual([['file'], 'earlier'])
    },
  )

  it('keeps the earlier one when the pieces fail', async () => {
    writeFileSync(path, 'earlier')
    await expect(writePieces(path, pieces(new Error('damaged')))).rejects.toThrow('damaged')
    expect([readdirSync(home), readFileSync(path, 'utf8')]).toEqual([['file'], 'earlier'])
  })
})
