/** Parses the options of npm start and npm test. Throws Error naming what is wrong. */
import { parseArgs } from 'node:util'

export const usage = `npm start -- [options]

  --port N     port on localhost (default 4173; the next free one where it is taken)
  --no-open    do not open the browser
  --no-data    do not fetch CIFAR-10
  --help       this text`

export function startOptions(args) {
  const option = { type: 'boolean', default: false }
  const options = { port: { type: 'string', default: '4173' }, 'no-open': option, 'no-data': option, help: option }
  let values
  try {
    values = parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new Error(`${error.message.split('. ')[0]}\n\n${usage}`)
  }
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`invalid --port ${values.port}: it must be a whole number from 1 to 65535`)
  return { port, open: !values['no-open'], data: !values['no-data'], help: values.help }
}

export const stages = ['static', 'unit', 'gpu', 'browser']

export const testUsage = `npm test -- [--only STAGE [arguments of its runner]]

  --only STAGE   one of ${stages.join(', ')}; without it, all of them
  --help         this text`

/** `only`: a stage or null for all; `rest`: what follows it, for the stage's runner. */
export function testOptions(args) {
  if (args.length === 0) return { only: null, rest: [], help: false }
  const [option, stage, ...rest] = args
  if (option === '--help') return { only: null, rest: [], help: true }
  if (option !== '--only') throw new Error(`unknown argument: ${option}\n\n${testUsage}`)
  if (!stages.includes(stage)) throw new Error(`unknown stage: ${stage} (have ${stages.join(', ')})`)
  if (stage === 'static' && rest.length > 0) throw new Error(`--only static takes no further argument: ${rest[0]}`)
  return { only: stage, rest, help: false }
}
