/** The process of the command line: runs one command and ends with its exit code. */
import { runCommand } from './run-command.ts'

const code = await runCommand(process.argv.slice(2))
// Dawn's threads keep the process alive: end it explicitly, after standard output has been written.
process.stdout.write('', () => {
  // Tells scripts/lab.mjs that the work is over, in case a driver crashes or hangs while its threads end.
  process.send?.({ ending: code })
  process.exit(code)
})
