/** The commands, with their descriptions, flags and code. */
import { readyPlans } from '../experiments/ready-plans.ts'
import {
  ablateFlags,
  boardFlags,
  cachesFlags,
  claimsFlags,
  compareFlags,
  type Flags,
  indicesFlags,
  inspectFlags,
  linearityFlags,
  packFlags,
  parquetFlags,
  planFlags,
  runFlags,
  runsFlags,
  tensorboardFlags,
  trainFlags,
  unitFlags,
  workFlags,
} from './flags.ts'

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** The usage after the command's name, one line for each use. */
  readonly usage: readonly string[]
  /** Sentences below the usage, each wrapped on its own. */
  readonly notes?: readonly string[]
  readonly flags: Flags
  /** Loads the code, which may take a second, only when the command runs. Resolves to a function that gives the exit code. */
  readonly load: () => Promise<(args: string[]) => Promise<number>>
}

const measuring = 'Rows that a table already has are not measured again: stop at any time and repeat the command.'

const runsNote = 'RUN: a run folder, a folder of runs such as a plan, or a zip of runs.'

export const commands: Readonly<Record<string, Command>> = {
  train: {
    summary: 'Train a network and write a run folder.',
    usage: [
      '--preset NAME|--config FILE [--set KEY=VALUE]… --out DIR',
      '--resume --out DIR [--set train.epochs=N]',
      '--fork RUN[@EPOCH] [--set KEY=VALUE]… --out DIR',
      '--repeat RUN --out DIR [--json]',
    ],
    notes: [
      'Writes config.json, environment.json, events.jsonl, units.bin, metrics.csv, selectivity.csv and checkpoints/ to DIR.',
      'RUN: a run folder or a zip. --fork needs its checkpoints.',
      'Kernels are timed once per GPU, and never on a software adapter.',
      '`npm run lab -- fields` lists the configuration fields.',
    ],
    flags: trainFlags,
    load: async () => (await import('./train.ts')).train,
  },
  evaluate: {
    summary: 'Measure loss and accuracy of a checkpoint on validation images.',
    usage: ['--run DIR [--checkpoint FILE] [--data SOURCE]'],
    flags: runFlags,
    load: async () => (await import('./evaluate.ts')).evaluate,
  },
  ablate: {
    summary: 'Measure loss and accuracy with units ablated.',
    usage: ['--run DIR --units LIST', '--run DIR --curves', '--run DIR --single'],
    notes: [
      'Curves ablate the n most selective, least selective or random units of every site of a module, n from none to all.',
      measuring,
    ],
    flags: ablateFlags,
    load: async () => (await import('./ablate.ts')).ablate,
  },
  linearity: {
    summary: 'Measure how linear the network is; adds to linearity.csv.',
    usage: ['--run DIR [--pairs PAIRS] [--all-checkpoints | --epochs LIST]'],
    notes: ['Measures affine deviation, gate constancy, cross-layer correlation and linear read-out.'],
    flags: linearityFlags,
    load: async () => (await import('./linearity.ts')).linearity,
  },
  indices: {
    summary: 'Measure other selectivity indices and their chance floors; adds to indices.csv.',
    usage: ['--run DIR [--index LIST]'],
    flags: indicesFlags,
    load: async () => (await import('./indices.ts')).indices,
  },
  unit: {
    summary: 'Show class means, selectivity, top images and ablation of one unit.',
    usage: ['--run DIR --unit SITE:UNIT'],
    flags: unitFlags,
    load: async () => (await import('./unit.ts')).unit,
  },
  plan: {
    summary: 'Run an experiment: every arm with every seed, with its measurements.',
    usage: [
      'NAME|FILE --out DIR [--run ARM/seed-N | --slurm SCRIPT]',
      'NAME|FILE --estimate',
      'NAME|FILE --queue URL --out DIR',
    ],
    notes: [
      `NAME: ${readyPlans.map(({ id }) => id).join(', ')}.`,
      'FILE: a plan as JSON, such as the plan.json in DIR; docs/experiments.md describes it.',
      'The same command continues a plan that was stopped.',
      'With --queue, machines that run the command `work` train the runs; their records are collected into DIR.',
    ],
    flags: planFlags,
    load: async () => (await import('./plan.ts')).plan,
  },
  work: {
    summary: 'Train the runs of plans that were sent to a queue, on this machine.',
    usage: ['--queue URL --data SOURCE [--gpu N] [--slots N] [--runs FOLDER]'],
    notes: [
      'Checks that the images are those of the plan. Reports progress, and returns records and tables; checkpoints stay in FOLDER.',
      'A run whose worker ended goes on from its resume point where FOLDER has it, else from the start.',
    ],
    flags: workFlags,
    load: async () => (await import('./work.ts')).work,
  },
  board: {
    summary: 'Show the runs of a queue in a browser, for reading only.',
    usage: ['--queue URL [--port N]'],
    notes: ['Serves a table of the runs, and bull-board, on localhost only.'],
    flags: boardFlags,
    load: async () => (await import('./board.ts')).board,
  },
  runs: {
    summary: 'List runs: state, settings, accuracy, selectivity, size.',
    usage: ['RUN… [--sort COLUMN] [--json]'],
    notes: [runsNote, 'SI is the newest mean selectivity, with its chance floor. * marks pinned runs.'],
    flags: runsFlags,
    load: async () => (await import('./runs.ts')).runs,
  },
  compare: {
    summary: 'Compare arms over seeds: curves, final accuracy, paired differences.',
    usage: ['RUN… [--metric LIST] [--band KIND] [--reference ARM]'],
    notes: [runsNote, 'Writes compare-*.csv to the first folder, or beside the first zip.'],
    flags: compareFlags,
    load: async () => (await import('./compare.ts')).compare,
  },
  claims: {
    summary: 'Judge the paper’s four claims on finished runs.',
    usage: ['RUN…'],
    notes: [
      runsNote,
      'Prints the rules and verdicts; writes the numbers behind them to claims.csv in the first folder, or beside the first zip.',
    ],
    flags: claimsFlags,
    load: async () => (await import('./claims.ts')).claims,
  },
  pack: {
    summary: 'Pack runs into one zip for the page.',
    usage: ['RUN… --out FILE.zip'],
    notes: [
      runsNote,
      'The zip has no checkpoints, and no selectivity of single units without --units or --units-of.',
      'It names files, but no folder of this machine. Drop it on the page to open the runs.',
    ],
    flags: packFlags,
    load: async () => (await import('./pack.ts')).pack,
  },
  parquet: {
    summary: 'Write units over time and measurement tables as Parquet.',
    usage: ['RUN… --out DIR'],
    notes: [
      runsNote,
      'Several runs give one file with a column run.',
      'Writes selectivity.parquet (the rows of selectivity.csv) and a .parquet file for each measurement table.',
    ],
    flags: parquetFlags,
    load: async () => (await import('./parquet.ts')).parquet,
  },
  tensorboard: {
    summary: 'Write TensorBoard event files from the records of runs.',
    usage: ['RUN --out DIR [--json]'],
    notes: [
      runsNote,
      'Writes scalars and, for every site, histograms of selectivity and chance floor. Look at them with ' +
        '`tensorboard --logdir DIR`.',
      'A folder in DIR that already has event files is refused.',
    ],
    flags: tensorboardFlags,
    load: async () => (await import('./tensorboard.ts')).tensorboard,
  },
  inspect: {
    summary: 'Report what a dataset contains: classes, images, unreadable files.',
    usage: ['SOURCE [--unchecked] [--layout NAME] [--set KEY=VALUE …]'],
    notes: [
      'SOURCE: cifar10, a folder of class folders or of archives, or an archive (.zip, .tar, .tar.gz, .parquet). ' +
        'docs/datasets.md lists the layouts.',
    ],
    flags: inspectFlags,
    load: async () => (await import('./inspect.ts')).inspect,
  },
  caches: {
    summary: 'List or delete decoded images that are stored between runs.',
    usage: ['[--delete ID | --delete-all]'],
    flags: cachesFlags,
    load: async () => (await import('./caches.ts')).caches,
  },
}

/** The command of this name, or undefined. */
export const commandNamed = (name: string): Command | undefined =>
  Object.hasOwn(commands, name) ? commands[name] : undefined
