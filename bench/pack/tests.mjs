/** `run.sh test [TEXT]`: the GPU tests whose path contains the text, each file in a process of its own. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const app = fileURLToPath(new URL('../..', import.meta.url))
const [text = ''] = process.argv.slice(2)
const files = JSON.parse(readFileSync(join(app, 'tests.json'), 'utf8')).filter((file) => file.includes(text))
if (files.length === 0) {
  console.error(`no test's path contains ${text}`)
  process.exit(1)
}
const runner = join(app, 'bench', 'pack', 'test-file.js')
const failed = files.filter((file) => {
  const { status } = spawnSync(process.execPath, [runner, join(app, file)], { stdio: 'inherit' })
  return status !== 0
})
console.log(
  `${files.length - failed.length} files passed, ${failed.length} failed${failed.map((file) => `\n  ${file}`).join('')}`,
)
process.exit(failed.length > 0 ? 1 : 0)
