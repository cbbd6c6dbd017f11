import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../config/config.ts'
import {
  configOf,
  FlagError,
  parseArgsWithPaths,
  parseFlags,
  readInput,
  settingsOf,
  startingConfig,
  UsageError,
} from './arguments.ts'
import { planFlags, trainFlags } from './flags.ts'
import { createFolder } from './folder.ts'
import { train } from './train.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-start-'))
afterAll(() => rmSync(home, { recursive: true }))

describe('flags', () => {
  it('--layout sets data.layout; --set counts after it', () => {
    expect(settingsOf({ layout: 'deepest', set: ['seed=2'] })).toEqual(['data.layout=deepest', 'seed=2'])
    expect(settingsOf({})).toEqual([])
    expect(configOf({}, settingsOf({ layout: 'classes/splits' })).data.layout).toBe('classes/splits')
    expect(configOf({ data: { source: 'x' } }, []).data.layout).toBe('auto')
    expect(() => configOf({}, settingsOf({ layout: 'flat' }))).toThrow(ConfigError)
  })

  it('take negative numbers as values and may be repeated', () => {
    const { values, positionals } = parseFlags(
      ['early-or-late', '--alpha', '-2', '--set', 'a=1', '--strengths', '-2,-1', '--set', 'b=-1'],
      planFlags,
      ['NAME'],
    )
    expect(values).toMatchObject({ alpha: '-2', strengths: '-2,-1', set: ['a=1', 'b=-1'] })
    expect(positionals).toEqual(['early-or-late'])
  })

  it.each([
    [['--fast'], "Unknown option '--fast'"],
    [['--out'], "Option '--out <value>' argument missing"],
    [['--eager=yes'], "Option '--eager' does not take an argument"],
    [['x'], 'unexpected argument: x'],
  ])('%j are refused', (args, message) => {
    const parse = () => parseFlags(args, trainFlags)
    expect(parse).toThrow(FlagError)
    expect(parse).toThrow(message)
  })

  it('go with any number of paths', () => {
    expect(parseArgsWithPaths(['a', '--json', 'b'], { json: { type: 'boolean' } }).positionals).toEqual(['a', 'b'])
    expect(() => parseFlags([], trainFlags, ['SOURCE'])).toThrow('missing argument: SOURCE')
  })
})

describe('the starting configuration', () => {
  it('comes from a preset, a file or neither, and not from both', () => {
    const file = join(home, 'run.json')
    writeFileSync(file, '{"name": "mine"}')
    expect(startingConfig({ preset: 'small' })).toMatchObject({ name: 'small', model: { width: 8 } })
    expect(startingConfig({ config: file })).toEqual({ name: 'mine' })
    expect(startingConfig({})).toBeUndefined()
    expect(() => startingConfig({ config: file, preset: 'small' })).toThrow(
      '--preset does not go with --config: use one of them',
    )
    expect(() => startingConfig({ preset: 'huge' })).toThrow(UsageError)
  })
})

describe('settings', () => {
  it.each([
    ['train.epochs=abc', 'invalid train.epochs: "abc"'],
    ['optimizer.learningRate=fast', 'invalid optimizer.learningRate: "fast"'],
    ['data.keptSide=wide', 'invalid data.keptSide: "wide"'],
    ['model.blocks=1,2,x,4', 'invalid model.blocks: "1,2,x,4"'],
    ['train.epochs=', 'invalid train.epochs: ""'],
  ])('%s is reported as it was written', (setting, message) => {
    const parse = () => configOf({}, [setting])
    expect(parse).toThrow(ConfigError)
    expect(parse).toThrow(message)
  })
})

describe('files that the user names', () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const initialWeights = (path: string) => train(['--preset', 'small', '--out', join(home, 'x'), '--init', path])

  it.each([
    ['no such file', () => join(home, 'nowhere')],
    ['it is a folder', () => home],
  ])('are reported with the reason: %s', (reason, path) => {
    expect(() => readInput(path(), 'plan')).toThrow(new UsageError(`cannot read the plan: ${path()} (${reason})`))
  })

  it('are named when they are damaged', async () => {
    const path = file('damaged.safetensors', 'not a tensor')
    await expect(initialWeights(path)).rejects.toThrow(UsageError)
    await expect(initialWeights(path)).rejects.toThrow(`cannot use the initial weights of ${path}: not a safetensors`)
  })

  it('give a folder that cannot be created a reason', () => {
    const path = join(file('a-file', ''), 'run')
    expect(() => createFolder(path)).toThrow(new UsageError(`cannot create the folder ${path} (a file is in the way)`))
  })

  it('are not taken for missing when they hold null', async () => {
    const started = train(['--config', file('null.json', 'null'), '--out', join(home, 'x')])
    await expect(started).rejects.toThrow('invalid configuration: null; it must be an object')
  })
})
