/**
 * Linear read-out: R² of a ridge regression from a site's pooled activations to the logits, two-fold cross-validated. The
 * folds are the images at even and at odd positions of the canonical order; the regression on one fold predicts the other.
 * Streams: a fold consists of sums of products, and no activation is stored.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** λ = ridge · mean variance of the inputs · images of the fold. It is fixed and not tuned. */
export const ridge = 1e-3

/** Sums over the images of a fold. */
interface Fold {
  images: number
  readonly x: Float64Array
  readonly y: Float64Array
  /** Σ xᵢ xⱼ for j ≤ i, row by row. */
  readonly xx: Float64Array
  /** [inputs · outputs] */
  readonly xy: Float64Array
  /** Σ |y|² */
  yy: number
}

const emptyFold = (inputs: number, outputs: number): Fold => ({
  images: 0,
  x: new Float64Array(inputs),
  y: new Float64Array(outputs),
  xx: new Float64Array((inputs * (inputs + 1)) / 2),
  xy: new Float64Array(inputs * outputs),
  yy: 0,
})

function addImage(fold: Fold, x: Float32Array, y: Float32Array): void {
  const { xx, xy } = fold
  fold.images++
  for (let j = 0; j < y.length; j++) {
    fold.y[j] += y[j]
    fold.yy += y[j] * y[j]
  }
  for (let i = 0; i < x.length; i++) {
    const value = x[i]
    // After a ReLU many values are 0.
    if (value === 0) continue
    fold.x[i] += value
    const row = (i * (i + 1)) / 2
    for (let j = 0; j <= i; j++) xx[row + j] += value * x[j]
    for (let j = 0; j < y.length; j++) xy[i * y.length + j] += value * y[j]
  }
}

interface Means {
  readonly x: Float64Array
  readonly y: Float64Array
}

const meansOf = ({ images, x, y }: Fold): Means => ({
  x: x.map((sum) => sum / images),
  y: y.map((sum) => sum / images),
})

/** Σ (x − a)(x − a)ᵀ and Σ (x − a)(y − b)ᵀ over a fold. */
function productsAbout({ images, x, y, xx, xy }: Fold, { x: a, y: b }: Means): { xx: Matrix; xy: Matrix } {
  const at = (i: number, j: number) => xx[i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i]
  // This order of operations rounds [i, j] as it rounds [j, i].
  const shifted = (i: number, j: number) => at(i, j) - (x[i] * a[j] + a[i] * x[j]) + images * (a[i] * a[j])
  const cross = (i: number, j: number) => xy[i * y.length + j] - x[i] * b[j] - a[i] * y[j] + images * a[i] * b[j]
  const matrix = (columns: number, entry: (i: number, j: number) => number) =>
    new Matrix(Array.from(x, (_, i) => Array.from({ length: columns }, (_, j) => entry(i, j))))
  return { xx: matrix(x.length, shifted), xy: matrix(y.length, cross) }
}

/** Σ |y − b|² over a fold. */
const squaresAbout = ({ images, y, yy }: Fold, b: Float64Array): number =>
  b.reduce((sum, value, j) => sum - 2 * value * y[j] + images * value * value, yy)

/** Slopes [inputs, outputs] of the regression on a fold; 0 where no input varies. */
function slopesOf(fold: Fold, means: Means): Matrix {
  const { xx, xy } = productsAbout(fold, means)
  const lambda = (ridge * xx.trace()) / xx.rows
  if (!(lambda > 0)) return Matrix.zeros(xy.rows, xy.columns)
  return new CholeskyDecomposition(xx.add(Matrix.eye(xx.rows).mul(lambda))).solve(xy)
}

const dot = (a: Matrix, b: Matrix): number => Matrix.mul(a, b).sum()

/** Σ |y − prediction|² over `test`, predicted by the regression on `train`. */
function errorOf(train: Fold, test: Fold): number {
  const means = meansOf(train)
  const slopes = slopesOf(train, means)
  const { xx, xy } = productsAbout(test, means)
  return squaresAbout(test, means.y) - 2 * dot(slopes, xy) + dot(slopes, xx.mmul(slopes))
}

export interface ReadOutCalculator {
  /** Adds images. x: [N · inputs], y: [N · outputs]. */
  readonly add: (x: Float32Array, y: Float32Array) => void
  /** R² = 1 − Σ |error|² / Σ |y − its fold's mean|², over both folds; NaN with fewer than four images, or where no y varies. */
  readonly result: () => number
}

export function createReadOut(inputs: number, outputs: number): ReadOutCalculator {
  const folds = [emptyFold(inputs, outputs), emptyFold(inputs, outputs)] as const
  let images = 0
  return {
    add: (x, y) => {
      for (let n = 0; n < y.length / outputs; n++, images++) {
        const row = (values: Float32Array, size: number) => values.subarray(n * size, (n + 1) * size)
        addImage(folds[images % 2], row(x, inputs), row(y, outputs))
      }
    },
    result: () => {
      if (images < 4) return Number.NaN
      const [even, odd] = folds
      const spread = folds.reduce((sum, fold) => sum + squaresAbout(fold, meansOf(fold).y), 0)
      return spread > 0 ? 1 - (errorOf(even, odd) + errorOf(odd, even)) / spread : Number.NaN
    },
  }
}
