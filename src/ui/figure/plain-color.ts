/** Colors as every reader of SVG knows them: mixed ones come out of the browser as oklab(…) or color(…). */

const known = new Map<string, string>()

function painted(color: string): string {
  const context = new OffscreenCanvas(1, 1).getContext('2d')
  if (!context) return color
  context.fillStyle = color
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data
  return alpha === 255 ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`
}

/** The same color as rgb(…); what already is that, or no color, stays as it is. */
export function plainColor(color: string): string {
  if (!/^(oklab|oklch|lab|lch|color|hwb)\(/.test(color)) return color
  const plain = known.get(color) ?? painted(color)
  known.set(color, plain)
  return plain
}
