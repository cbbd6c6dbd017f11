/** npm run dev: prepares like npm start, then runs Vite's development server with hot reload. */
import { onEnd } from './ending.mjs'
import { ensureCifar10, ensureDependencies, root } from './setup.mjs'

ensureDependencies({ dev: true })
ensureCifar10()
const { createServer } = await import('vite')
const server = await createServer({ root, configFile: `${root}/vite.config.ts` })
await server.listen()
server.printUrls()
onEnd(() => server.close())
