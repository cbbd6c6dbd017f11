/** The texts of `--help`: the list of commands, each command's flags, and the configuration fields. */
import { fieldEntries } from '../config/config.ts'
import { type Command, commands } from './commands.ts'
import type { Flag } from './flags.ts'

const width = 100
const program = 'npm run lab --'

/** Breaks a text into lines of at most `limit` characters. */
function wrap(text: string, limit: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Two columns; the second is wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.flatMap(([name, text]) =>
    wrap(text, width - left - 2).map((line, i) => `  ${(i === 0 ? name : '').padEnd(left)}${line}`),
  )
}

const flagRow = ([name, { value, help }]: [string, Flag]) => [`--${name}${value ? ` ${value}` : ''}`, help] as const

/** The help of one command: at most 40 lines of 100 characters. */
export function commandHelp(name: string, { summary, usage, notes = [], flags }: Command): string {
  return [
    summary,
    '',
    ...usage.map((line, i) => `${i === 0 ? 'Usage:' : '      '} ${program} ${name} ${line}`),
    '',
    ...columns(Object.entries(flags).map(flagRow)),
    ...(notes.length > 0 ? ['', ...notes.flatMap((note) => wrap(note, width))] : []),
  ].join('\n')
}

/** The help without a command. */
export const overview = (): string =>
  [
    'Selectivity Lab: train a ResNet on WebGPU and measure class selectivity.',
    '',
    `Usage: ${program} COMMAND [arguments]`,
    '',
    ...columns([
      ...Object.entries(commands).map(([name, { summary }]) => [name, summary] as const),
      ['fields', 'List the configuration fields.'],
    ]),
    '',
    `${program} COMMAND --help shows the flags of a command.`,
    '--debug prints a stack trace with an error.',
    '',
    'Exit code: 0 success, 1 a failed run, 2 bad arguments.',
  ].join('\n')

/** All configuration fields with their defaults, units and allowed values. */
export const fieldsHelp = (): string =>
  fieldEntries
    .map(({ key, field }) => {
      const unit = field.unit ? ` ${field.unit}` : ''
      return `${key} = ${JSON.stringify(field.default)}${unit}\n    ${field.help}\n    ${field.allowed}`
    })
    .join('\n')
