/** Guesses the architecture of a file of weights from the names and shapes of its tensors. */
import { architectureOf, type ModelSpec } from './resnet.ts'
import type { StoredTensor } from './safetensors.ts'
import { weightSpecs } from './weight-specs.ts'

type Tensors = ReadonlyMap<string, Pick<StoredTensor, 'shape'>>

/** A network without a classifier has null classes. */
export type GuessedModel = Omit<ModelSpec, 'classes'> & { readonly classes: number | null }

/** The model that has all of these tensors' shapes; null where there is none. Names are torchvision's, without a prefix. */
export function guessModel(tensors: Tensors): GuessedModel | null {
  const [width, , kernel] = tensors.get('conv1.weight')?.shape ?? []
  const blocks = [1, 2, 3, 4].map((layer) => {
    let count = 0
    while (tensors.has(`layer${layer}.${count}.conv1.weight`)) count++
    return count
  })
  if (!width || blocks.includes(0) || (kernel !== 7 && kernel !== 3)) return null
  const classes = tensors.get('fc.weight')?.shape[0] ?? null
  const model: GuessedModel = {
    blocks,
    width,
    block: tensors.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic',
    stem: kernel === 7 ? 'imagenet' : 'cifar',
    classes,
  }
  return fits(model, tensors) ? model : null
}

function fits(model: GuessedModel, tensors: Tensors): boolean {
  const specs = weightSpecs(architectureOf({ ...model, classes: model.classes ?? 1 }))
  const needed = model.classes === null ? specs.filter(({ name }) => !name.startsWith('fc.')) : specs
  return needed.every(({ name, shape }) => tensors.get(name)?.shape.join() === shape.join())
}

/** `bottleneck blocks 3,4,6,3, width 64, imagenet stem, 1000 classes` */
export const modelText = ({ blocks, width, block, stem, classes }: GuessedModel): string =>
  `${block} blocks ${blocks.join(',')}, width ${width}, ${stem} stem, ${classes === null ? 'no classifier' : `${classes} classes`}`
