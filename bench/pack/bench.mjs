/** `run.sh bench`: the benchmarks of steps, kernels and accuracy in Node, from the bundle. */
import { writeFileSync } from 'node:fs'
import { inNode } from '../in-node.mjs'
import { benchOptions, usage } from '../options.mjs'
import { textOf } from '../print.mjs'

const inBundle = ['step', 'kernels', 'tune', 'shaders', 'reductions', 'profile', 'memory', 'model', 'accuracy']

function chosen(args) {
  const run = benchOptions([...args, '--host', 'node'])
  if (run.help || inBundle.includes(run.what)) return run
  throw new Error(`${run.what} needs the project itself; the bundle has ${inBundle.join(', ')}`)
}

try {
  const run = chosen(process.argv.slice(2))
  if (run.help) console.log(usage)
  else {
    const result = await inNode(run)
    if (run.json) writeFileSync(run.json, `${JSON.stringify(result, null, 2)}\n`)
    console.log(textOf(run.what, result))
  }
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
