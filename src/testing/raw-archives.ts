/** Writes zips and tars field by field, so that a field can be false. */
import { deflateRawSync } from 'node:zlib'
import { crc32 } from '../data/crc32.ts'

const text = (content: string) => new TextEncoder().encode(content)

/** A file of a zip, with the fields that the archive states falsely. */
export interface RawZipFile {
  readonly name: string | Uint8Array
  readonly bytes: Uint8Array
  readonly stored?: boolean
  /** Sizes and checksum that both headers state. */
  readonly packed?: number
  readonly unpacked?: number
  readonly checksum?: number
  readonly method?: number
  /** General purpose bits: 1 encrypted, 2048 UTF-8. */
  readonly flags?: number
  /** The system that made the archive: 0 DOS, 3 Unix. */
  readonly system?: number
  /** The Unix mode with the bits of the file's type. */
  readonly mode?: number
  /** The stated position of its header. */
  readonly offset?: number
  /** Lists the file without writing its bytes. */
  readonly absent?: boolean
}

function zipFields({ name, bytes, stored, ...lies }: RawZipFile) {
  const body = stored ? bytes : deflateRawSync(bytes)
  const raw = typeof name === 'string' ? text(name) : name
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(lies.flags ?? 0, 2)
  fields.writeUInt16LE(lies.method ?? (stored ? 0 : 8), 4)
  fields.writeUInt32LE(lies.checksum ?? crc32(bytes), 10)
  fields.writeUInt32LE(lies.packed ?? body.length, 14)
  fields.writeUInt32LE(lies.unpacked ?? bytes.length, 18)
  fields.writeUInt16LE(raw.length, 22)
  return { fields, raw, body }
}

/** The fields that the end of a zip states falsely. */
export interface RawZipEnd {
  readonly count?: number
  readonly directorySize?: number
  readonly directoryOffset?: number
}

export function rawZip(files: readonly RawZipFile[], end: RawZipEnd = {}): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const file of files) {
    const { fields, raw, body } = zipFields(file)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(((file.system ?? 3) << 8) | 20, 4)
    fields.copy(entry, 6)
    entry.writeUInt32LE(((file.mode ?? 0o100644) << 16) >>> 0, 38)
    entry.writeUInt32LE(file.offset ?? at, 42)
    directory.push(entry, raw)
    if (file.absent) continue
    parts.push(text('PK\x03\x04'), fields, raw, body)
    at += 30 + raw.length + body.length
  }
  const list = Buffer.concat(directory)
  const tail = Buffer.alloc(22)
  tail.writeUInt32LE(0x06054b50, 0)
  tail.writeUInt16LE(end.count ?? files.length, 8)
  tail.writeUInt16LE(end.count ?? files.length, 10)
  tail.writeUInt32LE(end.directorySize ?? list.length, 12)
  tail.writeUInt32LE(end.directoryOffset ?? at, 16)
  return new Uint8Array(Buffer.concat([...parts, list, tail]))
}

/** A member of a tar, with the fields that its header states falsely. */
export interface RawTarMember {
  readonly name: string | Uint8Array
  readonly bytes?: Uint8Array
  /** '0' a file, '1' and '2' links, 'x' pax, 'g' global pax, 'L' a long name … */
  readonly kind?: string
  /** The 12 bytes of the size field. */
  readonly size?: Uint8Array | string
  readonly wrongChecksum?: boolean
}

export function rawTar(members: readonly RawTarMember[], end = 1024): Uint8Array {
  const blocks = members.flatMap(({ name, bytes = new Uint8Array(0), kind = '0', size, wrongChecksum }) => {
    const header = Buffer.alloc(512)
    header.set((typeof name === 'string' ? text(name) : name).subarray(0, 100), 0)
    const length = size ?? `${bytes.length.toString(8).padStart(11, '0')}\0`
    header.set(typeof length === 'string' ? text(length) : length, 124)
    header.set(text(`        ${kind}`), 148)
    header.set(text('ustar\x0000'), 257)
    const sum = header.reduce((a, b) => a + b, 0) + (wrongChecksum ? 1 : 0)
    header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    return [header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)]
  })
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(end)]))
}

/** A record of a pax header. */
export function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = Buffer.concat([text(` ${key}=`), typeof value === 'string' ? text(value) : value, text('\n')])
  const digits = String(rest.length + String(rest.length).length).length
  return Buffer.concat([text(String(rest.length + digits)), rest])
}

/** The 12 bytes of a size field in base 256. */
export function base256(value: number, negative = false): Uint8Array {
  const bytes = new Uint8Array(12)
  for (let i = 11, rest = value; i > 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  bytes[0] = negative ? 0xff : 0x80
  return bytes
}
