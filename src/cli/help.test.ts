import { describe, expect, it } from 'vitest'
import { fieldEntries } from '../config/config.ts'
import { commands } from './commands.ts'
import { commandHelp, fieldsHelp, overview } from './help.ts'

const names = Object.keys(commands)

/** Expects a text of at most 48 lines of 100 characters. */
function expectScreen(text: string) {
  const lines = text.split('\n')
  expect(lines.length).toBeLessThanOrEqual(48)
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100)
}

describe('help', () => {
  it.each(names)('on %s fits a screen and explains every flag', (name) => {
    const text = commandHelp(name, commands[name])
    expectScreen(text)
    expect(text).toContain(`npm run lab -- ${name}`)
    for (const flag of Object.keys(commands[name].flags)) expect(text).toMatch(new RegExp(`^ {2}--${flag}( |$)`, 'm'))
  })

  it('lists every command in one line', () => {
    expectScreen(overview())
    for (const name of names) expect(overview()).toMatch(new RegExp(`^ {2}${name} +${commands[name].summary}$`, 'm'))
  })

  it('lists every configuration field', () => {
    for (const { key } of fieldEntries) expect(fieldsHelp()).toContain(`${key} = `)
  })
})

it('loads every command', async () => {
  for (const { load } of Object.values(commands)) expect(await load()).toBeTypeOf('function')
})
