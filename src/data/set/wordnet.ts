/** Names of classes whose ids are wnids: "n" and the eight digits of a WordNet 3.0 synset, as in ImageNet. */

/** Reads the text of public/wordnet-names.txt, which scripts/wordnet.mjs generates: "01440764 tench" per line. */
export type ReadNames = () => Promise<string>

const wnid = /^n(\d{8})$/

/** Names of the ids that are wnids. Reads the table only if there are any. */
export async function wordnetNames(ids: Iterable<string>, read: ReadNames): Promise<Map<string, string>> {
  const wanted = new Map([...ids].flatMap((id) => (wnid.test(id) ? [[id.slice(1), id] as const] : [])))
  if (wanted.size === 0) return new Map()
  const names = new Map<string, string>()
  for (const line of (await read()).split('\n')) {
    const id = wanted.get(line.slice(0, 8))
    if (id) names.set(id, line.slice(9))
  }
  return names
}
