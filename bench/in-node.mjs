/** Runs a benchmark in a Node process of its own, which prints its result as one line of JSON. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))

/** Node's arguments that run a script of this folder: its TypeScript with tsx, or the compiled script of a bundle. */
function scriptArguments(name) {
  const source = here(`./${name}.ts`)
  if (!existsSync(source)) return [here(`./${name}.js`)]
  return ['--import', import.meta.resolve('tsx'), '--no-warnings', source]
}

/** Benchmarks that need no GPU have scripts of their own. */
const withoutGpu = ['runs', 'sweep']

/** The result in a process's output; undefined where its line is not complete. A driver may crash while its threads end, after that line. */
export function resultIn(text) {
  try {
    return text.endsWith('\n') ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** Resolves with the benchmark's result; rejects when its process fails. */
export function inNode({ what, options }) {
  const args = withoutGpu.includes(what)
    ? ['--expose-gc', ...scriptArguments(what)]
    : [...scriptArguments('node'), what]
  const child = spawn(process.execPath, [...args, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    // `close` comes after the last output.
    child.on('close', (code, signal) => {
      const result = resultIn(text)
      if (result !== undefined) resolve(result)
      else reject(new Error(`the benchmark was ended by ${signal ?? `exit code ${code}`}`))
    })
  })
}
