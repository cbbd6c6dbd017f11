/** Parses the options of npm start and npm test. Throws an Error that names the wrong option. */
import { parseArgs } from 'node:util'

export const usage = `npm start -- [options]

  --port N     port on localhost (default 4173; or the next free one)
  --no-open    do not open the browser
  --no-data    do not download CIFAR-10
  --help       print this text`

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

export const testUsage = `npm test -- [--exhaustive | --only STAGE [arguments of its runner]]

  --only STAGE   one of ${stages.join(', ')}; default: all
  --exhaustive   every kernel variant on every reference case, compiled and eager (many minutes without a GPU)
  --help         print this text`

/**
 * Returns the stage to run (null for all) as `only`, the arguments for the stage's runner as `rest`, and the environment of
 * the tests as `env`.
 */
export function testOptions(args) {
  const all = { only: null, rest: [], help: false, env: {} }
  if (args.length === 0) return all
  const [option, stage, ...rest] = args
  if (option === '--help') return { ...all, help: true }
  if (option === '--exhaustive' && args.length === 1)
    return { ...all, only: 'gpu', rest: ['src/train/oracle-'], env: { LAB_EXHAUSTIVE: '1' } }
  if (option !== '--only') throw new Error(`unknown argument: ${option}\n\n${testUsage}`)
  if (!stages.includes(stage)) throw new Error(`unknown stage: ${stage} (have ${stages.join(', ')})`)
  if (stage === 'static' && rest.length > 0) throw new Error(`--only static takes no further argument: ${rest[0]}`)
  return { ...all, only: stage, rest }
}

export const tortureUsage = `npm run torture -- [options]

  --points N    interruptions on the command line (default 200)
  --browser N   interruptions in Chromium (default 20)
  --seed N      determines where; default: another one each time, which is printed
  --chain N     only this run of the seed
  --jobs N      runs at the same time (default 2)
  --verbose     print every interruption
  --help        print this text`

const countOf = (values, name, least) => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`invalid --${name} ${values[name]}: it must be a whole number from ${least}\n\n${tortureUsage}`)
}

export function tortureOptions(args) {
  const text = { type: 'string' }
  const flag = { type: 'boolean', default: false }
  const options = { points: text, browser: text, seed: text, chain: text, jobs: text, verbose: flag, help: flag }
  let values
  try {
    values = parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new Error(`${error.message.split('. ')[0]}\n\n${tortureUsage}`)
  }
  const given = { points: '200', browser: '20', jobs: '2', ...values }
  const orNull = (name) => (values[name] === undefined ? null : countOf(values, name, 0))
  return {
    points: countOf(given, 'points', 0),
    browser: countOf(given, 'browser', 0),
    jobs: countOf(given, 'jobs', 1),
    seed: orNull('seed'),
    chain: orNull('chain'),
    verbose: values.verbose,
    help: values.help,
  }
}
