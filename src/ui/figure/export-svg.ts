/**
 * A chart as a standalone SVG: title, legend, plots and caption in one drawing, with colors and fonts inlined.
 * Computed styles become attributes, so that the file needs no style sheet.
 */
import type { Run } from '../../runs/reduce.ts'
import { embeddedFont, fontFamily } from './export-font.ts'
import type { Figure } from './figure.ts'
import type { LegendItem } from './legend-item.ts'
import { plainColor } from './plain-color.ts'
import { type Provenance, provenanceOf } from './provenance.ts'

const space = 'http://www.w3.org/2000/svg'
const padding = 16
const inlined = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'visibility',
] as const

function element(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const made = document.createElementNS(space, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}

/** Copies the computed styles of `from` and its descendants to the same elements of its copy, as attributes. */
function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from)
  for (const property of inlined) {
    const value = style.getPropertyValue(property)
    if (value) to.setAttribute(property, property === 'fill' || property === 'stroke' ? plainColor(value) : value)
  }
  for (const name of ['class', 'style', 'tabindex', 'role']) to.removeAttribute(name)
  for (const [i, child] of [...from.children].entries()) inlineStyles(child, to.children[i])
}

const colorOf = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

let ids = 0

/** Gives the clip paths new names, because a name must be unique in the whole drawing. */
function renameIds(svg: Element): void {
  for (const named of svg.querySelectorAll('[id]')) {
    const fresh = `part-${++ids}`
    for (const user of svg.querySelectorAll(`[clip-path="url(#${CSS.escape(named.id)})"]`))
      user.setAttribute('clip-path', `url(#${fresh})`)
    named.id = fresh
  }
}

function plotCopy(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement
  renameIds(copy)
  inlineStyles(svg, copy)
  const { width, height } = svg.getBoundingClientRect()
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  return copy
}

/** Wraps a text into lines of about `width` pixels. */
function wrap(text: string, width: number, size: number): string[] {
  const most = Math.floor(width / (size * 0.46))
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > most) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function swatch({ color, dash, shape }: LegendItem): SVGElement {
  const paint = colorOf(color)
  if (shape === 'band')
    return element('rect', { x: 0, y: -9, width: 24, height: 10, fill: paint, 'fill-opacity': 0.25 })
  if (shape === 'dot') return element('circle', { cx: 12, cy: -4, r: 3.5, fill: paint })
  return element('line', {
    x1: 0,
    y1: -4,
    x2: 24,
    y2: -4,
    stroke: paint,
    'stroke-width': 2,
    ...(dash ? { 'stroke-dasharray': dash } : {}),
  })
}

/** Draws the legend in rows. Returns the group and its height in pixels. */
function legendGroup(items: readonly LegendItem[], width: number): { group: SVGElement; height: number } {
  const group = element('g', { 'data-part': 'legend', 'font-size': 12, fill: colorOf('--ink') })
  let [x, y] = [0, 12]
  for (const item of items) {
    const length = 32 + item.label.length * 6 + 14
    if (x > 0 && x + length > width) [x, y] = [0, y + 18]
    const entry = element('g', { transform: `translate(${x} ${y})`, opacity: item.opacity ?? 1 })
    entry.append(swatch(item), element('text', { x: 30, y: 0 }, item.label))
    group.append(entry)
    x += length
  }
  return { group, height: items.length > 0 ? y + 8 : 0 }
}

function metadata(provenance: Provenance): SVGElement {
  const made = element('metadata', {})
  made.textContent = JSON.stringify(provenance)
  return made
}

/** The figure as SVG text, with its size in pixels. Rejects with Error if the chart shows no drawing. */
export async function figureSvg(
  figure: Figure,
  run: Run | null,
): Promise<{ svg: string; width: number; height: number; provenance: Provenance }> {
  const plots = [...figure.element.querySelectorAll<SVGSVGElement>('svg[data-plot], .plot svg.recharts-surface')]
  if (plots.length === 0) throw new Error(`${figure.title} has no drawing; switch from the table to the plot first`)
  const inner = Math.max(...plots.map((plot) => plot.getBoundingClientRect().width))
  const width = Math.ceil(inner) + 2 * padding
  const svg = element('svg', { xmlns: space, 'font-family': fontFamily, fill: colorOf('--ink') })
  const background = element('rect', { width: '100%', height: '100%', fill: colorOf('--surface') })
  const style = element('style', {}, await embeddedFont())
  const provenance = await (figure.source?.provenance() ?? provenanceOf(run))
  svg.append(element('title', {}, figure.title), metadata(provenance), style, background)
  svg.append(element('text', { x: padding, y: padding + 14, 'font-size': 16, 'font-weight': 600 }, figure.title))
  let y = padding + 28
  const legend = legendGroup(figure.legend, inner)
  legend.group.setAttribute('transform', `translate(${padding} ${y})`)
  svg.append(legend.group)
  y += legend.height
  for (const plot of plots) {
    const copy = plotCopy(plot)
    copy.setAttribute('x', String(padding))
    copy.setAttribute('y', String(y))
    svg.append(copy)
    y += Math.ceil(plot.getBoundingClientRect().height) + 8
  }
  for (const line of wrap(figure.caption, inner, 13)) {
    y += 17
    svg.append(element('text', { x: padding, y, 'font-size': 13, fill: colorOf('--ink-2') }, line))
  }
  const height = y + padding
  for (const [key, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    svg.setAttribute(key, String(value))
  return { svg: new XMLSerializer().serializeToString(svg), width, height, provenance }
}
