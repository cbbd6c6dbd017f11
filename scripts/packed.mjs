/** Checks the packed files of CIFAR-10. Their reader is src/data/open/cifar10.ts. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Resolves to the hash of a file in hexadecimal digits. */
export function hashOf(path, algorithm = 'sha256') {
  return new Promise((resolve, reject) => {
    const hash = createHash(algorithm)
    createReadStream(path, { highWaterMark: 2 ** 20 })
      .on('error', reject)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')))
  })
}

/** Resolves to one sentence for each file of a folder that is not as expected. */
export async function damage(folder, expected) {
  const found = []
  for (const { file, bytes, sha256 } of expected) {
    const path = join(folder, file)
    if (!existsSync(path)) found.push(`${file} is missing`)
    else if (statSync(path).size !== bytes) found.push(`${file} has ${statSync(path).size} bytes instead of ${bytes}`)
    else if ((await hashOf(path)) !== sha256) found.push(`${file} is damaged`)
  }
  return found
}
