/** A configuration in the address of the page: `#config=` and JSON of what differs from the defaults. */
import {
  defaultConfig,
  fieldEntries,
  getField,
  parseConfig,
  type RunConfig,
  type RunConfigInput,
  setField,
} from '../config/config.ts'

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
const mark = '#config='

/** Only the values that differ from the defaults. */
export function differences(config: RunConfig): RunConfigInput {
  const base = defaultConfig()
  return fieldEntries.reduce<RunConfigInput>((input, { key }) => {
    const value = getField(config, key)
    return same(value, getField(base, key)) ? input : setField(input, key, value)
  }, {})
}

/** The page's address with the configuration in it. Nothing of the data travels with it. */
export const configLink = (href: string, config: RunConfig): string =>
  `${href.split('#')[0]}${mark}${encodeURIComponent(JSON.stringify(differences(config)))}`

/** The configuration in the fragment of an address; null without one. Throws ConfigError or SyntaxError. */
export function configOfLink(hash: string): RunConfig | null {
  if (!hash.startsWith(mark)) return null
  return parseConfig(JSON.parse(decodeURIComponent(hash.slice(mark.length))))
}
