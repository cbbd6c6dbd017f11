import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { compressFolder } from './scripts/compress.mjs'
import { pagePolicy } from './scripts/policy.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Copies public/ except its datasets: hundreds of megabytes, which the server reads from where they are. */
const copyPublicButData = (): Plugin => ({
  name: 'copy-public-but-data',
  apply: 'build',
  writeBundle: ({ dir = join(here, 'dist') }) => {
    for (const name of readdirSync(join(here, 'public'))) {
      if (name !== 'data') cpSync(join(here, 'public', name), join(dir, name), { recursive: true })
    }
  },
})

/**
 * The page is in English. react-aria brings its texts in 34 languages, 40 KB gzipped; the others become English, so that a
 * screen reader never hears two languages.
 */
const englishOnly = (): Plugin => ({
  name: 'english-only',
  enforce: 'pre',
  apply: 'build',
  load: (id) =>
    /node_modules\/react-(aria|aria-components|stately)\/.*\/intl\/.*\/(?!en-US)[a-z]{2}-[A-Z]{2}\.m?js$/.test(id)
      ? "export { default } from './en-US.mjs'"
      : null,
})

/** Compresses the built files, once all of them are there. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle: { order: 'post', sequential: true, handler: ({ dir = join(here, 'dist') }) => compressFolder(dir) },
})

/** Puts the Content-Security-Policy into the built page. The development server needs inline scripts and goes without. */
const contentSecurityPolicy = (): Plugin => ({
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy },
      injectTo: 'head-prepend',
    },
  ],
})

export default defineConfig({
  base: './',
  plugins: [react(), englishOnly(), copyPublicButData(), contentSecurityPolicy(), compressed()],
  resolve: {
    alias: [
      // zip.js also brings deflate as WebAssembly, for browsers without compression streams; those have no WebGPU either.
      { find: /^@zip\.js\/zip\.js$/, replacement: '@zip.js/zip.js/lib/zip-core-native.js' },
      // The whole of tfjs also has layers, converters, readers of data and the backends for WebGL and the CPU.
      { find: /^@tensorflow\/tfjs$/, replacement: join(here, 'src', 'gpu', 'tfjs-core.js') },
    ],
  },
  worker: { format: 'es' },
  // The development server would move its script away from the WebAssembly file that it loads.
  optimizeDeps: { exclude: ['@jsquash/webp'] },
  build: {
    target: 'es2023',
    copyPublicDir: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    // Compressing takes most of a build's time, which is no reason for a warning.
    rolldownOptions: {
      checks: { bundlerTimings: false },
      // Two files for all that the first view needs, instead of fifty: packages change more rarely than the page.
      output: {
        codeSplitting: {
          groups: [
            { name: 'packages', test: /node_modules/, tags: ['$initial'], priority: 1 },
            { name: 'page', tags: ['$initial'] },
          ],
        },
      },
    },
  },
})
