/** Describes a file of weights for the choice of what to use of it. */
import type { WeightsPart } from '../protocol/weights-report.ts'
import { guessModel } from './architecture-guess.ts'
import { storedClasses } from './classifier-rows.ts'
import { prefixesIn, tensorsBehind, WeightsError } from './fit.ts'
import type { TensorFile } from './safetensors.ts'

/** The networks in a file. Throws WeightsError without any. */
export function describeWeights(file: TensorFile): WeightsPart[] {
  const parts = prefixesIn(file.tensors).map((prefix): WeightsPart => {
    const tensors = tensorsBehind(file.tensors, prefix)
    const [model, classes] = [guessModel(tensors), storedClasses(file)]
    const own = [...tensors].filter(([name]) => !name.endsWith('.num_batches_tracked'))
    return {
      prefix,
      dtypes: [...new Set(own.map(([, { dtype }]) => dtype))].sort(),
      model,
      classes: model && classes?.length === model.classes ? classes : null,
    }
  })
  if (parts.length > 0) return parts
  const [some] = file.tensors.keys()
  const has = some === undefined ? 'it has no tensors' : `it has ${some}, for example`
  throw new WeightsError(`no weights of a ResNet with torchvision's names, such as conv1.weight (${has})`)
}
