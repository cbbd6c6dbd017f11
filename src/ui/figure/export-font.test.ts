import { describe, expect, test } from 'vitest'
import { latinFontUrl, loadedOnce } from './export-font.ts'

const face = (url: string, range: string) => ({
  cssText: `@font-face { font-family: "Source Sans 3 Variable"; src: url("${url}") format("woff2"); unicode-range: ${range}; }`,
})

/** A sheet of another origin, which behaves like a browser's. */
const foreign = {
  href: 'https://extension.example/style.css',
  get cssRules(): never {
    throw new DOMException('Cannot access rules', 'SecurityError')
  },
}

describe('the URL of the page’s typeface', () => {
  test('belongs to the face with Latin letters, and is relative to its sheet', () => {
    const rules = [
      { cssText: 'body { margin: 0px; }' },
      face('./files/cyrillic.woff2', 'U+0400-045F'),
      face('./files/latin.woff2', 'U+0000-00FF, U+0131'),
    ]
    const sheet = { href: 'http://localhost/assets/index.css', cssRules: rules }
    expect(latinFontUrl([sheet], 'http://localhost/')).toBe('http://localhost/assets/files/latin.woff2')
    expect(latinFontUrl([{ ...sheet, href: null }], 'http://localhost/')).toBe('http://localhost/files/latin.woff2')
    expect(latinFontUrl([{ ...sheet, cssRules: rules.slice(0, 2) }], 'http://localhost/')).toBeNull()
  })

  test('is found even if a sheet of another origin cannot be read', () => {
    const own = { href: 'http://localhost/a.css', cssRules: [face('latin.woff2', 'U+0-FF')] }
    expect(latinFontUrl([foreign, own], 'http://localhost/')).toBe('http://localhost/latin.woff2')
    expect(latinFontUrl([foreign], 'http://localhost/')).toBeNull()
  })
})

describe('a resource that is loaded once', () => {
  test('is loaded again after a failure, but not after a success', async () => {
    let calls = 0
    const load = loadedOnce(async () => {
      calls++
      if (calls === 1) throw new Error('offline')
      return 'font'
    })
    await expect(load()).rejects.toThrow('offline')
    expect([await load(), await load(), calls]).toEqual(['font', 'font', 2])
  })
})
