/**
 * Counts the machine code of convolutions: `node bench/model/count.mjs FOLDER` reads NAME.wgsl, as `npm run bench -- model --wgsl
 * FOLDER` writes it, with its machine code NAME.sm_86.txt, NAME.navi21.txt or NAME.navi31.txt, and writes counts.json. README.md in
 * this folder says where the machine code comes from.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memoryCycles } from './banks.mjs'
import { fingerprint } from './fingerprint.mjs'
import { mixOf } from './machine-code.mjs'

const vendors = { sm_86: 'nvidia', navi21: 'amd', navi31: 'amd' }

/** FMAs of a thread at a pair of panels, from the scheme's name at the end of the key. */
function fmaOf(key) {
  const [, depth, rows, columns] = /x\d+x(\d+)-(\d+)x(\d+)$/.exec(key).map(Number)
  return depth * rows * columns
}

/** A row of counts.json for each machine code of a kernel. */
function rowsOf(folder, name) {
  const [, key, wgsl] = /^\/\/ (.+)\n([\s\S]*)$/.exec(readFileSync(join(folder, `${name}.wgsl`), 'utf8'))
  const cycles = memoryCycles(wgsl)
  return Object.keys(vendors).flatMap((code) => {
    const file = join(folder, `${name}.${code}.txt`)
    if (!existsSync(file)) return []
    try {
      const { panel, sum, once, ...others } = mixOf(readFileSync(file, 'utf8'), vendors[code], fmaOf(key))
      const mixes = [panel.fma, ...[panel, sum, once].flatMap(({ vector, rest }) => [vector, rest])]
      const { registers, spills, loads, reads } = others
      return [
        [
          key,
          code,
          fingerprint(wgsl),
          ...mixes,
          cycles[vendors[code]],
          registers,
          spills,
          loads.wide,
          loads.narrow,
          reads,
        ].join(' '),
      ]
    } catch (cause) {
      throw new Error(`${file}: ${cause.message}`, { cause })
    }
  })
}

const columns =
  'program code fingerprint fma panel.vector panel.rest sum.vector sum.rest once.vector once.rest memoryCycles registers spills loads.wide loads.narrow reads'

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node bench/model/count.mjs FOLDER')
  process.exit(2)
}
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.wgsl') ? [file.slice(0, -5)] : []))
const rows = names.flatMap((name) => rowsOf(folder, name)).sort()
const out = fileURLToPath(new URL('./counts.json', import.meta.url))
writeFileSync(out, `${JSON.stringify({ columns, rows }, null, 2)}\n`)
console.log(`${out}: ${names.length} programs`)
