/** The page's typeface as a data URL, embedded in exported drawings so that they look the same everywhere. */

export const fontFamily = "'Source Sans 3 Variable', 'Source Sans 3', 'Segoe UI', sans-serif"

interface Sheet {
  readonly href: string | null
  /** Throws a SecurityError for the sheet of another origin, such as one that a browser extension adds. */
  readonly cssRules: Iterable<{ readonly cssText: string }>
}

function rulesOf(sheet: Sheet): readonly string[] {
  try {
    return [...sheet.cssRules].map(({ cssText }) => cssText)
  } catch {
    return []
  }
}

const hasLatin = (face: string) => /unicode-range:[^;}]*(U\+0?-?0?0?FF|U\+0000-00FF|U\+0-FF)/i.test(face)

/** The URL of the first font face with Latin letters, or null. Ignores sheets that the page may not read. */
export function latinFontUrl(sheets: Iterable<Sheet>, base: string): string | null {
  for (const sheet of sheets) {
    const face = rulesOf(sheet).find((text) => text.startsWith('@font-face') && hasLatin(text))
    const url = face && /url\(["']?([^"')]+)/.exec(face)?.[1]
    if (url) return new URL(url, sheet.href ?? base).href
  }
  return null
}

/** Loads at most once. A failed load is tried again at the next call. */
export function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}

const asDataUrl = (blob: Blob) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })

async function load(): Promise<string> {
  const url = latinFontUrl(document.styleSheets, document.baseURI)
  if (!url) return ''
  const data = await asDataUrl(await (await fetch(url)).blob())
  return `@font-face { font-family: 'Source Sans 3 Variable'; font-weight: 200 900; src: url(${data}) format('woff2'); } text { font-variant-numeric: tabular-nums; }`
}

const fontSheet = loadedOnce(load)

/** A style sheet with the typeface as a data URL. Empty if it cannot be loaded; the drawing then uses a local sans serif. */
export const embeddedFont = (): Promise<string> => fontSheet().catch(() => '')
