/** Generates JPEG files that resemble photographs: smooth shapes, edges and some noise. */
import sharp from 'sharp'

/** A repeatable stream of numbers from 0 to 1 (mulberry32). */
function numbers(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

async function picture(width, height, seed) {
  const random = numbers(seed)
  const [fx, fy, edge] = [1 + 6 * random(), 1 + 6 * random(), random()]
  const raw = new Uint8Array(width * height * 3)
  for (let i = 0; i < raw.length; i++) {
    const [x, y] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height]
    const smooth = 128 + 60 * Math.sin(fx * x * 6.3 + (i % 3)) + 40 * Math.cos(fy * y * 6.3)
    raw[i] = Math.min(255, Math.max(0, smooth + (x + y > 2 * edge ? 30 : 0) + 16 * (random() - 0.5)))
  }
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** Sets of `count` files: 64 × 64, and 500 × 375 like most of ImageNet's images. */
export async function pictures(count) {
  const sizes = { '64 × 64': [64, 64], '500 × 375': [500, 375] }
  const sets = []
  for (const [name, [width, height]] of Object.entries(sizes)) {
    const files = []
    for (let i = 0; i < count; i++) files.push(await picture(width, height, i + 1))
    sets.push({ name, files })
  }
  return sets
}

/** Files that sharp decodes to raw pixels per second of processor time, one file per core at a time. */
export async function sharpRate(files, cores, cpuSeconds) {
  sharp.concurrency(1)
  const all = async () => {
    let next = 0
    const lane = async () => {
      while (next < files.length) await sharp(files[next++]).raw().toBuffer()
    }
    await Promise.all(Array.from({ length: cores }, lane))
  }
  await all()
  const before = cpuSeconds()
  await all()
  return files.length / (cpuSeconds() - before)
}
