/** Converts colors to rgb(), which every SVG reader knows. Browsers report mixed colors as oklab() or color(). */

const known = new Map<string, string>()

function painted(color: string): string {
  const context = new OffscreenCanvas(1, 1).getContext('2d')
  if (!context) return color
  context.fillStyle = color
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data
  return alpha === 255 ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`
}

/** The color as rgb(). Returns other values, such as `none`, unchanged. */
export function plainColor(color: string): string {
  if (!/^(oklab|oklch|lab|lch|color|hwb)\(/.test(color)) return color
  const plain = known.get(color) ?? painted(color)
  known.set(color, plain)
  return plain
}
