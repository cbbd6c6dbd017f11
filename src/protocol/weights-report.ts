/** What the worker found in a file of weights, and what a run takes from it. Types only. */
import type { RunConfig } from '../config/config.ts'

/** The model that has the shapes of a file's weights; null classes without a classifier. */
export type FileModel = Pick<RunConfig['model'], 'width' | 'block' | 'stem'> & {
  readonly blocks: readonly number[]
  readonly classes: number | null
}

/** The weights of one network in a file. */
export interface WeightsPart {
  /** The beginning of their names, `module.`; empty without one. */
  readonly prefix: string
  /** The types of the numbers: F32, F16, … */
  readonly dtypes: readonly string[]
  /** Null for shapes of a network that the lab does not have. */
  readonly model: FileModel | null
  /** Ids of the classes in the order of the classifier's rows; null where the file does not list them. */
  readonly classes: readonly string[] | null
}

export interface WeightsReport {
  readonly file: string
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
  /** More than one where a file has several networks, such as averaged weights beside the trained ones. */
  readonly parts: readonly WeightsPart[]
}

/** The weights that a run begins with. */
export interface InitialChoice {
  readonly file: File
  /** Of the file when it was chosen. */
  readonly sha256: string
  readonly prefix: string
  /** Weights that begin fresh, by the beginnings of their names. */
  readonly without: readonly string[]
}
