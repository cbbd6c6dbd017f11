import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { followChild } from './ending.mjs'

/** Resolves with the exit code and the lines of a child that runs `code`. */
const ended = (code) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    const lines = []
    followChild(child, { exit: (result) => resolve([result, lines.join()]), say: (line) => lines.push(line), wait: 50 })
  })

const crash = 'process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000)'

test('a child’s exit code is passed on', async () => {
  expect(await ended('process.exit(3)')).toEqual([3, ''])
})

test('a signal of the user gives the code of a shell', async () => {
  expect(await ended('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)')).toEqual([143, ''])
})

test('a crash gives code 1 and a sentence that names the signal and the cure', async () => {
  const [code, line] = await ended(crash)
  expect(code).toBe(1)
  expect(line).toMatch(/ended by SIGSEGV.*smaller train\.microBatchSize/)
})

test('a process that the system ends for lack of memory gives code 1 and says so', async () => {
  const [code, line] = await ended('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)')
  expect(code).toBe(1)
  expect(line).toMatch(/ended by SIGKILL, probably because the system ran out of memory/)
})

test('a crash or a hang after the end of the work keeps its code', async () => {
  expect(await ended(`process.send({ ending: 0 }, () => { ${crash} })`)).toEqual([0, ''])
  expect(await ended('process.send({ ending: 2 }); setInterval(() => {}, 1000)')).toEqual([2, ''])
})
