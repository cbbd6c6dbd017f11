/** Eight hexadecimal digits of a text. */
export function fingerprint(text: string): string
