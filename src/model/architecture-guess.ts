/** Guesses the architecture of a file of weights from the names and shapes of its tensors. */
import type { FileModel } from '../protocol/weights-report.ts'
import { architectureOf } from './resnet.ts'
import type { StoredTensor } from './safetensors.ts'
import { weightSpecs } from './weight-specs.ts'

type Tensors = ReadonlyMap<string, Pick<StoredTensor, 'shape'>>

/** The model that has all of these tensors' shapes; null where there is none. Names are torchvision's, without a prefix. */
export function guessModel(tensors: Tensors): FileModel | null {
  const [width, , kernel] = tensors.get('conv1.weight')?.shape ?? []
  const blocks = [1, 2, 3, 4].map((layer) => {
    let count = 0
    while (tensors.has(`layer${layer}.${count}.conv1.weight`)) count++
    return count
  })
  if (!width || blocks.includes(0) || (kernel !== 7 && kernel !== 3)) return null
  const classes = tensors.get('fc.weight')?.shape[0] ?? null
  const model: FileModel = {
    blocks,
    width,
    block: tensors.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic',
    stem: kernel === 7 ? 'imagenet' : 'cifar',
    classes,
  }
  return fits(model, tensors) ? model : null
}

function fits(model: FileModel, tensors: Tensors): boolean {
  const specs = weightSpecs(architectureOf({ ...model, classes: model.classes ?? 1 }))
  const needed = model.classes === null ? specs.filter(({ name }) => !name.startsWith('fc.')) : specs
  return needed.every(({ name, shape }) => tensors.get(name)?.shape.join() === shape.join())
}
