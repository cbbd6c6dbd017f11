export function mixOf(text: string, vendor: 'amd' | 'nvidia', fma: number): Record<string, unknown>
