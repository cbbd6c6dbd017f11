/** Builds pages of the tests with Vite and serves them. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { build } from 'vite'

export async function servePage(folder: string): Promise<{ url: string; close: () => void }> {
  const outDir = join('test-results', 'pages', folder)
  await build({
    configFile: false,
    root: join('e2e', folder),
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir: join('..', '..', outDir), emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 10_000 },
  })
  const server = createServer(sirv(outDir))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the test server has no port')
  return { url: `http://localhost:${address.port}/`, close: () => server.close() }
}
