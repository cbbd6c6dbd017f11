/** Links with a configuration: damaged and hostile ones. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../config/config.ts'
import { hostileJson, readOrRefused } from '../testing/hostile.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { configLink, configOfLink, unitOfLink } from './link.ts'

const config = toyConfig({ regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 1, alpha: -2 }] } })
const errors = [ConfigError, SyntaxError, URIError]

it('a link with a hostile value gives a valid configuration, or is refused', async () => {
  let [kept, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(hostileJson(config), async (json) => {
      const found = await readOrRefused(() => configOfLink(`#config=${encodeURIComponent(json)}`), errors)
      if (found === null) refused++
      else {
        kept++
        expect(parseConfig(JSON.parse(JSON.stringify(found)))).toEqual(found)
        expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
      }
    }),
    { numRuns: 400 },
  )
  expect([kept > 20, refused > 100]).toEqual([true, true])
})

it('a damaged link gives a valid configuration, or is refused', async () => {
  const link = configLink('http://lab/', config, 'layer1.0:0').slice('http://lab/'.length)
  const damage = fc.tuple(fc.nat(link.length - 1), fc.nat(link.length), fc.string({ maxLength: 3 }))
  await fc.assert(
    fc.asyncProperty(damage, async ([at, to, text]) => {
      const damaged = link.slice(0, at) + text + link.slice(to)
      const found = await readOrRefused(() => configOfLink(damaged), errors)
      if (found) expect(parseConfig(JSON.parse(JSON.stringify(found)))).toEqual(found)
      await readOrRefused(() => unitOfLink(damaged), errors)
    }),
    { numRuns: 400 },
  )
})
