/** The page's typeface, embedded in exported drawings so that they look alike everywhere. */

export const fontFamily = "'Source Sans 3 Variable', 'Source Sans 3', 'Segoe UI', sans-serif"

/** The style sheet's own face with the Latin letters, if the page ships one. */
function latinFace(): { url: string } | null {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue
      const range = rule.style.getPropertyValue('unicode-range')
      const url = /url\(["']?([^"')]+)/.exec(rule.style.getPropertyValue('src'))?.[1]
      if (url && /U\+0?-?0?0?FF|U\+0000-00FF|U\+0-FF/i.test(range))
        return { url: new URL(url, sheet.href ?? document.baseURI).href }
    }
  }
  return null
}

const asDataUrl = (blob: Blob) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })

async function load(): Promise<string> {
  const face = latinFace()
  if (!face) return ''
  try {
    const url = await asDataUrl(await (await fetch(face.url)).blob())
    return `@font-face { font-family: 'Source Sans 3 Variable'; font-weight: 200 900; src: url(${url}) format('woff2'); } text { font-variant-numeric: tabular-nums; }`
  } catch {
    // Without it the drawing falls back to the reader's own sans serif.
    return ''
  }
}

let loaded: Promise<string> | undefined

/** A style sheet with the face as a data URL; empty where it cannot be had. */
export function embeddedFont(): Promise<string> {
  loaded ??= load()
  return loaded
}
