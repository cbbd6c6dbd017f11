/**
 * Writes and reads a configuration and a selected unit in the page's address: `#config=` with JSON of the values that differ
 * from the defaults, `&unit=layer2.0:3`.
 */
import {
  defaultConfig,
  fieldEntries,
  getField,
  parseConfig,
  type RunConfig,
  type RunConfigInput,
  setField,
} from '../config/config.ts'
import type { UnitName } from '../runs/units/history.ts'

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** The value of one of our parts of a fragment, still encoded; null without it. */
function partOf(hash: string, name: 'config' | 'unit'): string | null {
  const part = hash
    .slice(1)
    .split('&')
    .find((text) => text.startsWith(`${name}=`))
  return part?.slice(name.length + 1) ?? null
}

/** Only the values that differ from the defaults. */
export function differences(config: RunConfig): RunConfigInput {
  const base = defaultConfig()
  return fieldEntries.reduce<RunConfigInput>((input, { key }) => {
    const value = getField(config, key)
    return same(value, getField(base, key)) ? input : setField(input, key, value)
  }, {})
}

/** The page's address with a configuration and a unit. It contains no data. */
export function configLink(href: string, config: RunConfig, unit: string | null = null): string {
  const address = `${href.split('#')[0]}#config=${encodeURIComponent(JSON.stringify(differences(config)))}`
  return unit === null ? address : `${address}&unit=${encodeURIComponent(unit)}`
}

/** The configuration in a fragment; null without one. Throws ConfigError or SyntaxError. */
export function configOfLink(hash: string): RunConfig | null {
  const text = partOf(hash, 'config')
  return text === null ? null : parseConfig(JSON.parse(decodeURIComponent(text)))
}

export const linksConfig = (hash: string): boolean => partOf(hash, 'config') !== null

/** Whether a fragment has a configuration or a unit. */
export const hasLink = (hash: string): boolean => linksConfig(hash) || partOf(hash, 'unit') !== null

/** `layer2.0:3` */
export const unitText = ({ site, unit }: UnitName): string => `${site}:${unit}`

/** Parses a unit's name like `layer2.0:3`; null for other texts. */
export function parseUnit(text: string): UnitName | null {
  const [, site, unit] = /^\s*(layer\d+\.\d+)\s*:\s*(\d+)\s*$/.exec(text) ?? []
  return site === undefined ? null : { site, unit: Number(unit) }
}

/** The unit in a fragment; empty without one. */
export function unitOfLink(hash: string): Partial<UnitName> {
  const text = partOf(hash, 'unit')
  return (text !== null && parseUnit(decodeURIComponent(text))) || {}
}
