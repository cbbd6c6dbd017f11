/** Cuts an array or typed array into parts of `size` entries; the last part may be smaller. */
export const chunks = <T extends { readonly length: number; slice(from: number, to: number): T }>(
  all: T,
  size: number,
): T[] => Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
