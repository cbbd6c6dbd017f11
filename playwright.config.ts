import { defineConfig } from '@playwright/test'
import { laterVisit } from './scripts/later-visit.mjs'

const port = 4187
const address = `http://localhost:${port}/`
const rooted = process.getuid?.() === 0

export default defineConfig({
  testDir: 'e2e',
  snapshotPathTemplate: '{testDir}/{testFileName}-snapshots/{arg}{ext}',
  outputDir: 'test-results/browser',
  // SwiftShader trains slowly. It mostly compiles, on one core: two files at a time, and patience.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  workers: 2,
  retries: 0,
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ?? 'test-results/browser.json' }],
  ],
  use: {
    baseURL: address,
    // The first visit has a story of its own.
    storageState: laterVisit(address),
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env.CHROME_PATH || undefined,
      args: [
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--enable-unsafe-swiftshader',
        // As in src/gpu/node/driver.ts: SwiftShader compiles faster without it, and the memory is zero all the same.
        '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        ...(rooted ? ['--no-sandbox'] : []),
      ],
    },
  },
  webServer: {
    command: `node scripts/serve.mjs ${port}`,
    url: address,
    reuseExistingServer: false,
    stdout: 'ignore',
  },
})
