/** Serves the built page and the datasets of public/data on localhost. sirv answers range requests and sends compressed files. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { onEnd } from './ending.mjs'
import { pagePolicy, workerPolicy } from './policy.mjs'
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

const reportPath = '/policy-violation'

const security = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

/** The names of the files in /assets have a hash of their contents, so browsers may keep them; they ask for all others again. */
const caching = (path) => (path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')

/** Sets the security and cache headers of a path. Browsers report violations of the policy to `reportTo`, when given. */
function setHeadersOf(response, path, reportTo) {
  for (const [name, value] of Object.entries(security)) response.setHeader(name, value)
  response.setHeader('Cache-Control', caching(path))
  const policy = path.endsWith('.js') ? workerPolicy : pagePolicy
  response.setHeader('Content-Security-Policy', reportTo ? `${policy}; report-uri ${reportTo}` : policy)
}

async function receiveReport(request, response, onViolation) {
  const parts = await request.toArray()
  onViolation(JSON.parse(Buffer.concat(parts).toString()))
  response.writeHead(204).end()
}

/**
 * Serves `root`/dist and `root`/public/data. Resolves to the page's address and a function that stops the server. With
 * `anyPort` the next free port is used when `port` is taken; otherwise a taken port rejects. `onViolation` receives the
 * browser's report of each violation of the Content-Security-Policy, in page and workers.
 */
export async function serve({ root, port, anyPort = false, onViolation }) {
  const setHeaders = (response, path) => setHeadersOf(response, path, onViolation && reportPath)
  // `dev` reads the folder for each request. A list made at the start would name files that a later build removes.
  const options = { dev: true, etag: true, setHeaders }
  const page = sirv(join(root, 'dist'), { ...options, brotli: true, gzip: true })
  const data = sirv(join(root, 'public', 'data'), options)
  const server = createServer((request, response) => {
    const missing = () => {
      response.statusCode = 404
      response.end('Not found')
    }
    if (onViolation && request.method === 'POST' && request.url === reportPath)
      return receiveReport(request, response, onViolation)
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
