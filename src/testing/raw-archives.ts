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
  /** The DOS attributes: 16 for a folder. */
  readonly attributes?: number
  /** Extra fields in the list of files. */
  readonly extra?: Uint8Array
  /** The name in the file's own header. */
  readonly localName?: string
  /** Writes sizes and checksum behind the file's bytes instead of before them. */
  readonly descriptor?: boolean
}

function zipFields({ name, bytes, stored, ...lies }: RawZipFile) {
  const body = stored ? bytes : deflateRawSync(bytes)
  const raw = typeof name === 'string' ? text(name) : name
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE((lies.flags ?? 0) | (lies.descriptor ? 8 : 0), 2)
  fields.writeUInt16LE(lies.method ?? (stored ? 0 : 8), 4)
  fields.writeUInt32LE(lies.checksum ?? crc32(bytes), 10)
  fields.writeUInt32LE(lies.packed ?? body.length, 14)
  fields.writeUInt32LE(lies.unpacked ?? bytes.length, 18)
  fields.writeUInt16LE(raw.length, 22)
  return { fields, raw, body }
}

/** The bytes of a file in a zip: header, content and, where it has one, descriptor. */
function localPart(file: RawZipFile): Buffer {
  const { fields, raw, body } = zipFields(file)
  const name = file.localName === undefined ? raw : text(file.localName)
  const own = Buffer.from(fields)
  own.writeUInt16LE(name.length, 22)
  if (!file.descriptor) return Buffer.concat([text('PK\x03\x04'), own, name, body])
  own.fill(0, 10, 22)
  return Buffer.concat([text('PK\x03\x04'), own, name, body, text('PK\x07\x08'), fields.subarray(10, 22)])
}

/** An extra field of a zip's file. */
export function extraField(type: number, data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(type, 0)
  head.writeUInt16LE(data.length, 2)
  return Buffer.concat([head, data])
}

/** The fields that the end of a zip states falsely, and its comment. */
export interface RawZipEnd {
  readonly count?: number
  readonly directorySize?: number
  readonly directoryOffset?: number
  readonly disk?: number
  readonly comment?: string
  /** Position of the first byte in the file; headers then state positions in the file. */
  readonly start?: number
  /** Writes counts and positions to Zip64's end only. */
  readonly zip64?: boolean
}

/** Zip64's end of the archive and the record that points to it. */
function zip64End(count: number, listSize: number, at: number): Buffer {
  const end = Buffer.alloc(56 + 20)
  end.writeUInt32LE(0x06064b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(45, 12)
  end.writeUInt16LE(45, 14)
  end.writeBigUInt64LE(BigInt(count), 24)
  end.writeBigUInt64LE(BigInt(count), 32)
  end.writeBigUInt64LE(BigInt(listSize), 40)
  end.writeBigUInt64LE(BigInt(at), 48)
  end.writeUInt32LE(0x07064b50, 56)
  end.writeBigUInt64LE(BigInt(at + listSize), 64)
  end.writeUInt32LE(1, 72)
  return end
}

export function rawZip(files: readonly RawZipFile[], end: RawZipEnd = {}): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = end.start ?? 0
  for (const file of files) {
    const { fields, raw } = zipFields(file)
    const extra = file.extra ?? new Uint8Array(0)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(((file.system ?? 3) << 8) | 20, 4)
    fields.copy(entry, 6)
    entry.writeUInt16LE(extra.length, 30)
    entry.writeUInt32LE((((file.mode ?? 0o100644) << 16) | (file.attributes ?? 0)) >>> 0, 38)
    entry.writeUInt32LE(file.offset ?? at, 42)
    directory.push(entry, raw, extra)
    if (file.absent) continue
    const part = localPart(file)
    parts.push(part)
    at += part.length
  }
  const list = Buffer.concat(directory)
  const comment = text(end.comment ?? '')
  const tail = Buffer.alloc(22)
  tail.writeUInt32LE(0x06054b50, 0)
  tail.writeUInt16LE(end.disk ?? 0, 4)
  tail.writeUInt16LE(end.disk ?? 0, 6)
  tail.writeUInt16LE(end.zip64 ? 0xffff : (end.count ?? files.length), 8)
  tail.writeUInt16LE(end.zip64 ? 0xffff : (end.count ?? files.length), 10)
  tail.writeUInt32LE(end.zip64 ? 0xffffffff : (end.directorySize ?? list.length), 12)
  tail.writeUInt32LE(end.zip64 ? 0xffffffff : (end.directoryOffset ?? at), 16)
  tail.writeUInt16LE(comment.length, 20)
  const large = end.zip64 ? zip64End(files.length, list.length, at) : new Uint8Array(0)
  return new Uint8Array(Buffer.concat([...parts, list, large, tail, comment]))
}

/** A member of a tar, with the fields that its header states falsely. */
export interface RawTarMember {
  readonly name: string | Uint8Array
  readonly bytes?: Uint8Array
  /** '0' a file, '1' and '2' links, 'x' pax, 'g' global pax, 'L' a long name … */
  readonly kind?: string
  /** The 12 bytes of the size field. */
  readonly size?: Uint8Array | string
  /** Target of a link. */
  readonly link?: string
  /** Writes the header of the first Unix format, which has no mark. */
  readonly old?: boolean
  readonly wrongChecksum?: boolean
}

function tarHeaderOf({ name, bytes, kind = '0', size, link = '', old, wrongChecksum }: RawTarMember): Buffer {
  const header = Buffer.alloc(512)
  header.set((typeof name === 'string' ? text(name) : name).subarray(0, 100), 0)
  const length = size ?? `${(bytes?.length ?? 0).toString(8).padStart(11, '0')}\0`
  header.set(typeof length === 'string' ? text(length) : length, 124)
  header.set(text(`        ${old && kind === '0' ? '\0' : kind}`), 148)
  header.set(text(link).subarray(0, 100), 157)
  if (!old) header.set(text('ustar\x0000'), 257)
  const sum = header.reduce((a, b) => a + b, 0) + (wrongChecksum ? 1 : 0)
  header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

export function rawTar(members: readonly RawTarMember[], end = 1024): Uint8Array {
  const blocks = members.flatMap((member) => {
    const { bytes = new Uint8Array(0) } = member
    return [tarHeaderOf(member), bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)]
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

/** A member of a gzip file, with the fields that it states falsely. */
export interface RawGzipMember {
  readonly bytes: Uint8Array
  readonly name?: string
  readonly comment?: string
  readonly extra?: Uint8Array
  /** Writes a checksum of the header. */
  readonly headerChecksum?: boolean
  readonly checksum?: number
  readonly length?: number
}

function gzipMember({ bytes, name, comment, extra, headerChecksum, ...lies }: RawGzipMember): Buffer {
  const flags = (headerChecksum ? 2 : 0) | (extra ? 4 : 0) | (name === undefined ? 0 : 8) | (comment ? 16 : 0)
  const count = Buffer.alloc(2)
  count.writeUInt16LE(extra?.length ?? 0)
  const header = Buffer.concat([
    Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3),
    ...(extra ? [count, extra] : []),
    ...[name, comment].flatMap((one) => (one === undefined ? [] : [text(`${one}\0`)])),
  ])
  const check = Buffer.alloc(2)
  check.writeUInt16LE(crc32(header) & 0xffff)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(lies.checksum ?? crc32(bytes), 0)
  trailer.writeUInt32LE(lies.length ?? bytes.length, 4)
  return Buffer.concat([header, ...(headerChecksum ? [check] : []), deflateRawSync(bytes), trailer])
}

export const rawGzip = (members: readonly RawGzipMember[], after: Uint8Array = new Uint8Array(0)): Uint8Array =>
  new Uint8Array(Buffer.concat([...members.map(gzipMember), after]))

/** Blocks of bgzip: members that state their length, and an empty one at the end. */
export function bgzip(bytes: Uint8Array, block: number): Uint8Array {
  const pieces = Array.from({ length: Math.ceil(bytes.length / block) }, (_, i) =>
    bytes.subarray(i * block, (i + 1) * block),
  )
  const extra = (length: number) => Uint8Array.of(0x42, 0x43, 2, 0, (length - 1) & 255, (length - 1) >> 8)
  const member = (piece: Uint8Array) => {
    const { length } = gzipMember({ bytes: piece, extra: extra(1) })
    return { bytes: piece, extra: extra(length) }
  }
  return rawGzip([...pieces, new Uint8Array(0)].map(member))
}
