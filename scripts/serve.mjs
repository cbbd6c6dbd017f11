/** Serves the built page, and the data sets from public/data, on localhost. With sirv, which knows ranges and caching. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { onEnd } from './ending.mjs'
import { root as here } from './setup.mjs'

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, 'localhost', () => resolve())
  })
}

async function listenFrom(server, port, anyPort) {
  for (let next = port; ; next++) {
    try {
      await listen(server, next)
      if (next !== port) console.log(`Port ${port} is taken; using ${next}.`)
      return next
    } catch (error) {
      if (error.code === 'EADDRINUSE' && anyPort && next < port + 100) continue
      throw error.code === 'EADDRINUSE' ? new Error(`port ${next} is taken; choose another with --port`) : error
    }
  }
}

/** `anyPort`: take the next free port where this one is taken. */
export async function serve({ root, port, anyPort = false }) {
  // `dev` looks at the disk for each request: a list made at the start would name files that a later build removes.
  const page = sirv(join(root, 'dist'), { dev: true, etag: true })
  const data = sirv(join(root, 'public', 'data'), { dev: true, etag: true })
  const server = createServer((request, response) => {
    const missing = () => {
      response.statusCode = 404
      response.end('Not found')
    }
    if (!request.url?.startsWith('/data/')) return page(request, response, missing)
    request.url = request.url.slice('/data'.length)
    data(request, response, missing)
  })
  const used = await listenFrom(server, port, anyPort)
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://localhost:${used}/`, close }
}

if (process.argv[1]?.endsWith('serve.mjs')) {
  const { url, close } = await serve({ root: here, port: Number(process.argv[2]) })
  console.log(`Serving ${url}`)
  onEnd(close)
}
