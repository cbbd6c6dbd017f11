/** Compresses the files of the built page, so that the server sends them small without compressing each time. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compressible = /\.(css|html|js|json|svg|txt|wasm)$/

/** Smaller files gain nothing. */
const smallest = 1024

const brotli = (bytes) =>
  promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })

const forms = { br: brotli, gz: (bytes) => promisify(gzip)(bytes, { level: 9 }) }

async function compressFile(path) {
  const bytes = await readFile(path)
  if (bytes.length < smallest) return
  for (const [ending, compress] of Object.entries(forms)) {
    const small = await compress(bytes)
    if (small.length < bytes.length) await writeFile(`${path}.${ending}`, small)
  }
}

/** Writes FILE.br and FILE.gz beside every file of a folder that becomes smaller by that. */
export async function compressFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && compressible.test(entry.name))
  await Promise.all(files.map(({ parentPath, name }) => compressFile(join(parentPath, name))))
}
