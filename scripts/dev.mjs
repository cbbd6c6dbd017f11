/** npm run dev: the same preparation as npm start, then vite's own server with hot reload. */
import { onEnd } from './ending.mjs'
import { ensureCifar10, ensureDependencies, root } from './setup.mjs'

ensureDependencies()
ensureCifar10()
const { createServer } = await import('vite')
const server = await createServer({ root, configFile: `${root}/vite.config.ts` })
await server.listen()
server.printUrls()
onEnd(() => server.close())
