/** Files with the length and the hash that prove that they are whole. */
import { messageOf } from '../../message.ts'
import type { SealedFile } from '../../protocol/run-record.ts'
import { sha256 as hashOf } from '../../sha256.ts'
import type { RunFiles } from './files.ts'
import { blobAt } from './json-file.ts'
import { DamageError } from './run-error.ts'

export const sealOf = async (file: string, bytes: Uint8Array<ArrayBuffer>): Promise<SealedFile> => ({
  file,
  bytes: bytes.length,
  sha256: await hashOf(bytes),
})

/** A file whose hash earlier versions did not record. */
export type MaybeSealed = Omit<SealedFile, 'sha256'> & { readonly sha256?: string }

/** The bytes of a file; null where there is none. Rejects with DamageError where they are not those that were saved. */
export async function sealedBytes(
  files: RunFiles,
  { file, bytes, sha256 }: MaybeSealed,
  name: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const blob = await blobAt(files, file, name)
  if (!blob) return null
  const damaged = (reason: string) => new DamageError(`${name}: ${file} is damaged (${reason})`)
  if (blob.size !== bytes) throw damaged(`it has ${blob.size} bytes instead of ${bytes}`)
  let own: Uint8Array<ArrayBuffer>
  try {
    own = new Uint8Array(await blob.arrayBuffer())
  } catch (error) {
    throw damaged(messageOf(error))
  }
  if (sha256 !== undefined && (await hashOf(own)) !== sha256) throw damaged('its contents have another hash')
  return own
}
