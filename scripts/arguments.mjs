/** Parses the options of npm start. Throws Error naming what is wrong. */
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
