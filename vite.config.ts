import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/** public/ holds data sets of hundreds of megabytes, which are served from where they are: only the rest is copied. */
const copyPublicButData = (): Plugin => ({
  name: 'copy-public-but-data',
  apply: 'build',
  writeBundle: ({ dir = join(here, 'dist') }) => {
    for (const name of readdirSync(join(here, 'public'))) {
      if (name !== 'data') cpSync(join(here, 'public', name), join(dir, name), { recursive: true })
    }
  },
})

export default defineConfig({
  base: './',
  plugins: [react(), copyPublicButData()],
  worker: { format: 'es' },
  build: { target: 'es2023', copyPublicDir: false, chunkSizeWarningLimit: 4000 },
})
