/**
 * Makes public/wordnet-names.txt from WordNet 3.0's data.noun (/usr/share/wordnet/data.noun in Debian's package
 * wordnet-base). The file has one line for every noun that names something physical or a means of communication
 * (lexicographer file 10): all classes of ImageNet are of these kinds; street signs and crosswords are of the second. A line
 * is the synset's offset, which is a wnid without its n, a space, and the synset's first word.
 * Usage: node scripts/wordnet.mjs FILE
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

const physicalEntity = '00001930'
const communication = '10'

const [file] = process.argv.slice(2)
if (!file) {
  console.error('usage: node scripts/wordnet.mjs FILE (data.noun of WordNet 3.0)')
  process.exit(2)
}

/** Synset offset → first word and hypernyms (both kinds and instances). wndb(5WN) describes the fields. */
const synsets = new Map()
const notice = []
for (const line of readFileSync(file, 'latin1').split('\n')) {
  if (line.startsWith('  ')) notice.push(line.replace(/^\s+\d+ ?/, '').trimEnd())
  const fields = line.split(' ')
  if (!/^\d{8}$/.test(fields[0])) continue
  const words = Number.parseInt(fields[3], 16)
  const pointers = 4 + 2 * words
  const parents = []
  for (let i = 0; i < Number(fields[pointers]); i++) {
    const [symbol, offset, kind] = fields.slice(pointers + 1 + 4 * i)
    if ((symbol === '@' || symbol === '@i') && kind === 'n') parents.push(offset)
  }
  synsets.set(fields[0], { word: fields[4].replaceAll('_', ' '), parents, communicates: fields[1] === communication })
}

const known = new Map([[physicalEntity, true]])
function isPhysical(offset) {
  const before = known.get(offset)
  if (before !== undefined) return before
  known.set(offset, false)
  const found = synsets.get(offset)?.parents.some(isPhysical) ?? false
  known.set(offset, found)
  return found
}

const lines = [...synsets]
  .filter(([offset, { communicates }]) => communicates || isPhysical(offset))
  .map(([offset, { word }]) => `${offset} ${word}`)
const head = ['Names of things by WordNet synset, made by scripts/wordnet.mjs.', ...notice].map((text) =>
  `# ${text}`.trimEnd(),
)
writeFileSync(join(root, 'public', 'wordnet-names.txt'), `${[...head, ...lines].join('\n')}\n`)
console.log(`${lines.length} names`)
