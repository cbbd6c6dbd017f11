/**
 * The Content-Security-Policy: everything comes from the page's own origin, and no text becomes code. The built page
 * carries its policy in a meta element; the server sends both policies as headers. A worker obeys only its own header.
 */

import { createHash } from 'node:crypto'

/** The style element that React Aria adds to the page so that buttons react to taps without delay. */
const reactAriaStyle = `@layer {
  [data-react-aria-pressable] {
    touch-action: pan-x pan-y pinch-zoom;
  }
}`
const hashOf = (style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`

const text = (directives) =>
  Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ')

const self = "'self'"
const directives = {
  'default-src': ["'none'"],
  'script-src': [self],
  'style-src': [self, hashOf(reactAriaStyle)],
  // Exported charts become PNGs by way of a blob.
  'img-src': [self, 'blob:'],
  'font-src': [self],
  'connect-src': [self],
  'worker-src': [self],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
}

export const pagePolicy = text(directives)

/** Workers may compile WebAssembly, which decompresses Snappy pages of parquet files. */
export const workerPolicy = text({ ...directives, 'script-src': [self, "'wasm-unsafe-eval'"] })
