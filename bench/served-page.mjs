/** The built page, served like `npm start` does. It is built where its sources have changed. */
import { ensureBuild } from '../scripts/build.mjs'
import { serve } from '../scripts/serve.mjs'
import { root } from '../scripts/setup.mjs'

/** Resolves to the page's address and a function that stops the server. */
export async function servedPage() {
  await ensureBuild()
  return serve({ root, port: 4290, anyPort: true })
}
