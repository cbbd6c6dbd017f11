/** One small dataset in two layouts, for tests that measurements do not depend on the packing of the files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { stream } from '../random.ts'
import { tarOf } from './archives.ts'

const classes = ['n01440764', 'n01443537', 'n01484850']

/** A PNG of noise whose average color depends on the class. */
function noisePicture(label: number, split: string, image: number, size: number): Promise<Buffer> {
  const random = stream(label, split, image)
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) =>
    i % 3 === label ? 96 + random.integer(160) : random.integer(160),
  )
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer()
}

export interface LayoutSizes {
  /** Training and validation images of each class. */
  readonly train: number
  readonly validation: number
  /** Height and width of each image. */
  readonly size: number
}

/**
 * Writes the dataset into `home` twice and returns both paths: as class folders, and as archives with a flat validation
 * archive whose labels are in LOC_val_solution.csv. The flat names mix the classes.
 */
export async function writeLayouts(home: string, { train, validation, size }: LayoutSizes): Promise<[string, string]> {
  const write = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), bytes)
  }
  const trainTars: { path: string; bytes: Uint8Array }[] = []
  const flat: { path: string; bytes: Uint8Array }[] = []
  const solution = ['ImageId,PredictionString']
  for (const [label, id] of classes.entries()) {
    const own: { path: string; bytes: Uint8Array }[] = []
    for (let i = 0; i < train; i++) {
      const bytes = await noisePicture(label, 'train', i, size)
      write(`folders/train/${id}/${i}.png`, bytes)
      own.push({ path: `${id}_${i}.png`, bytes })
    }
    trainTars.push({ path: `${id}.tar`, bytes: tarOf(own) })
    for (let i = 0; i < validation; i++) {
      const bytes = await noisePicture(label, 'val', i, size)
      write(`folders/val/${id}/${i}.png`, bytes)
      const name = `ILSVRC2012_val_${String(classes.length * (validation - i) + ((label * 2) % 3)).padStart(8, '0')}`
      flat.push({ path: `${name}.png`, bytes })
      solution.push(`${name},${id} 1 2 3 4`)
    }
  }
  write('archives/ILSVRC2012_img_train.tar', tarOf(trainTars))
  write('archives/ILSVRC2012_img_val.tar', tarOf(flat))
  write('archives/LOC_val_solution.csv', `${solution.join('\n')}\n`)
  return [join(home, 'folders'), join(home, 'archives')]
}
