/**
 * Makes the README's picture: trains the small preset on CIFAR-10 in a headless Chromium, changes α during training and
 * takes a screenshot. Usage: node scripts/screenshot.mjs FILE [dark]
 */
import { chromium } from '@playwright/test'
import { ensureBuild } from './build.mjs'
import { findOrInstallChromium } from './chromium.mjs'
import { serve } from './serve.mjs'
import { ensureCifar10, root } from './setup.mjs'

const [file, scheme = 'light'] = process.argv.slice(2)
if (!file) {
  console.error('usage: node scripts/screenshot.mjs FILE [dark]')
  process.exit(2)
}
ensureCifar10()
await ensureBuild()
const { url, close } = await serve({ root, port: 5300, anyPort: true })
const browser = await chromium.launch({
  executablePath: await findOrInstallChromium(),
  args: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-unsafe-swiftshader',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
})
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, colorScheme: scheme })
const button = (name) => page.getByRole('button', { name, exact: true })

/** Sets α in its number field, as a user does. */
async function hold(alpha) {
  const field = page.getByLabel('α, exact value')
  await field.fill(String(alpha))
  await field.press('Enter')
}

const untilEpoch = (epoch) =>
  page.waitForFunction((n) => Number(document.querySelector('.progress-text b')?.textContent) >= n, epoch, {
    timeout: 900_000,
  })

await page.goto(url)
await page.getByRole('button', { name: 'Use CIFAR-10' }).click()
await page.getByText('Small, for a software adapter').click()
await button('Start training').click()
await untilEpoch(2)
await hold(-5)
await untilEpoch(4)
await button('Hand back').click()
await button('Start training').waitFor({ timeout: 1_800_000 })
await page.screenshot({ path: file, fullPage: true })
await browser.close()
await close()
