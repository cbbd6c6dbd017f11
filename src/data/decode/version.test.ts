import { expect, it } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { decoderVersion } from './version.ts'

/** The libraries that decode images, as of a version of the decoders. */
const known = { version: 3, sharp: '0.35.5', 'fast-png': '8.0.0', '@jsquash/webp': '1.5.0' }

it('rises with every new version of a library that decodes', () => {
  const { dependencies } = manifest
  const [sharp, png, webp] = [dependencies.sharp, dependencies['fast-png'], dependencies['@jsquash/webp']]
  const now = { version: decoderVersion, sharp, 'fast-png': png, '@jsquash/webp': webp }
  expect(now, 'raise decoderVersion in version.ts, then state it and the libraries here').toEqual(known)
})
