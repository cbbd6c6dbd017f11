/** The packed form of CIFAR-10 and its check; see src/data/open/cifar10.ts for its reader. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** SHA-256 of a file, hexadecimal. */
export function hashOf(path) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256')
    createReadStream(path, { highWaterMark: 2 ** 20 })
      .on('error', reject)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')))
  })
}

/** What is wrong with the files of a folder, one sentence each; empty when all are as expected. */
export async function damage(folder, expected) {
  const found = []
  for (const { file, bytes, sha256 } of expected) {
    const path = join(folder, file)
    if (!existsSync(path)) found.push(`${file} is missing`)
    else if (statSync(path).size !== bytes) found.push(`${file} has ${statSync(path).size} bytes in place of ${bytes}`)
    else if ((await hashOf(path)) !== sha256) found.push(`${file} is damaged`)
  }
  return found
}
