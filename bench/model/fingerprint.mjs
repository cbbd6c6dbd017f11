/** Eight hexadecimal digits of a text: FNV-1a in 32 bits. They tell whether a kernel has changed since it was counted. */
export function fingerprint(text) {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
