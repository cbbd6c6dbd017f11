/** The text of `--help`: commands, and every configuration field from the table. */
import { fieldEntries } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import { bandKinds } from '../experiments/compare.ts'
import { paperParameters, readyPlans } from '../experiments/ready-plans.ts'

const usage = `Selectivity Lab: train a ResNet on WebGPU and measure class selectivity.

  npm run lab -- train --config FILE [--set key=value]… [--init FILE.safetensors] --out DIR
  npm run lab -- train --resume --out DIR [--set train.epochs=N]
  npm run lab -- evaluate --run DIR [--checkpoint FILE] [--data SOURCE] [--json]
  npm run lab -- ablate --run DIR --units 'layer2.0:0,3,5;layer4.0:1' [--mode zero|mean] [--json]
  npm run lab -- ablate --run DIR --curves [--module layer1,…] [--order selective,random,least] [--json]
  npm run lab -- ablate --run DIR --single [--module layer1,…] [--sample N] [--json]
  npm run lab -- linearity --run DIR [--json]
  npm run lab -- indices --run DIR [--index selectivity,ccmas,dprime,precision] [--json]
  npm run lab -- unit --run DIR --unit layer2.0:3 [--json]
  npm run lab -- plan NAME|FILE --out DIR [--seeds 1,2,3] [--arms a,b] [--set key=value]… [--estimate] [--json]
  npm run lab -- compare DIR… [--metric LIST] [--json]
  npm run lab -- claims DIR… [--json]
  npm run lab -- pack DIR… --out FILE.zip
  npm run lab -- inspect SOURCE [--unchecked] [--json]
  npm run lab -- caches [--delete ID | --delete-all] [--json]

train      trains and writes a run folder
  --config FILE      JSON; what is left out has its default
  --preset NAME      start from a preset in place of the defaults: ${presets.map(({ id }) => id).join(', ')}
  --set key=value    changes one field; may be repeated
  --init FILE        initial weights (torchvision names); otherwise seeded ones
  --init-prefix P    tensors of the file whose names begin with P, without it
  --replay FILE      applies the α that a run's events.jsonl recorded, step by step
  --out DIR          the run folder: config.json, environment.json, events.jsonl, metrics.csv,
                     selectivity.csv, checkpoints/
  --resume           goes on from the newest checkpoint of DIR
  --tune             times the kernels on this adapter anew; otherwise that is done once, on a GPU
  --untuned          does not time them and leaves timings aside
  --eager            runs steps operation by operation instead of compiled: slower, and the same numbers
  --unchecked        takes the images as they are listed; they are checked as they are decoded for the run
  --no-cache         keeps no decoded images: those that do not fit into memory are decoded again in each epoch
evaluate   loss and accuracy of a checkpoint (the newest unless named) on held-out images
ablate     the same with units ablated
  --units LIST       these units at once: SITE:UNIT,UNIT;SITE:UNIT
  --curves           the n most selective, least selective or random units of every site of a module at once, n from
                     none to all; adds to DIR/ablation-curves.csv
  --single           one unit at a time, and how the harm goes with selectivity; adds to DIR/ablation-units.csv
  --mode MODE        what a unit becomes: zero (the default), or mean, its mean over the probe set
  --module LIST      of these modules; otherwise of all
  --order LIST       selective, random, least: all unless named
  --draws N          random orders: 5
  --points N         points of a curve: 11
  --sample N         N units of each module, spread over the range of selectivity; otherwise all
linearity  affine deviation, gate constancy, cross-layer correlation, linear read-out; adds to DIR/linearity.csv
indices    indices of class selectivity on the probe set, with their chance floors; adds to DIR/indices.csv
unit       what a unit responds to: class means, selectivity, most activating images; and what its ablation does
  --top N            so many images: 9
           All of them:
  --checkpoint FILE  the weights to measure; the run's newest unless named
  --all-checkpoints  all of the run (ablate --curves and --single, linearity, indices)
  --epochs LIST      those of these epochs, as 1,2,20 (the same commands)
  --data SOURCE      other images than the run's
           Rows that a table has already are not measured again by ablate; stop it, and the same command goes on.
plan       runs an experiment, arms × seeds, one run after another, each into DIR/ARM/seed-N, and measures it; the same
           command goes on where it was stopped
  NAME               ${readyPlans.map(({ id }) => id).join(', ')}
  FILE               JSON: {"name", "base": {…}, "arms": [{"name", "changes": {"key.path": value}}], "seeds": [1, 2],
                     "measure": {"ablation": {"modules", "draws", "points"} or null, "linearity": true or false}};
                     DIR/plan.json is one
  --config, --preset what all runs of a ready-made plan have in common; --set changes it
  --epochs N         ${paperParameters.epochs} in ready-made plans
  --seeds LIST       ${paperParameters.seeds.join(',')} in ready-made plans
  --arms LIST        these alone
  --alpha A          strength of the regularized arms: ${paperParameters.alpha}, the paper's
  --late E           epoch from which the late arm is regularized: ${paperParameters.late}
  --strengths LIST   of strength-sweep: ${paperParameters.strengths.join(',')}
  --windows JSON     a further arm of early-or-late: [{"fromEpoch", "toEpoch", "alpha"}]; may be repeated
  --measure LIST     at the checkpoints of each run: ablation, units, linearity; none. Otherwise as the plan has it
  --measure-epochs LIST  at the checkpoints of these epochs, as 1,2,20; or all
  --estimate         times a few steps and says how many runs, how long and how many bytes; starts nothing
  --untuned, --eager, --unchecked, --no-cache as for train
compare    runs of one or several folders by arm: means and bands over seeds, final top-1 with paired differences, what
           differs between configurations; tables (compare-*.csv) into the first DIR
  --metric LIST      top1, loss, aboveFloor/layer1, aboveFloor (all modules) …: all unless named
  --band KIND        ${bandKinds.join(', ')} (95 %; the default)
  --reference ARM    that differences are to; otherwise the arm without regularizer
claims     the paper's four claims, judged on these runs by rules that are printed; the numbers behind them into
           claims.csv of the first DIR
pack       the runs of folders as one zip without checkpoints and without units' selectivity, to be dropped on the page
  --out FILE.zip     a folder of it is a run
inspect    what a data set holds: classes, images, unreadable files and why
  SOURCE             cifar10, a folder of class folders or of archives, or one archive: .zip, .tar, .tar.gz, .parquet;
                     ImageNet, Tiny ImageNet, WebDataset shards and parquet files are read as they are published
  --unchecked        lists the images without reading them: no reasons, sizes, duplicates or hash of the contents
caches     decoded images that are kept between runs, in the user's cache folder
  --delete ID        deletes those of one set and size; --delete-all, all of them
  --json             prints JSON and nothing else on standard output
  --debug            prints a stack trace with an error

Exit code: 0 success, 1 a failed run, 2 bad arguments.

Configuration:
`

const line = ({ key, field }: (typeof fieldEntries)[number]) => {
  const unit = field.unit ? ` ${field.unit}` : ''
  return `  ${key} = ${JSON.stringify(field.default)}${unit}\n      ${field.help}\n      ${field.allowed}`
}

export const helpText = (): string => `${usage}${fieldEntries.map(line).join('\n')}\n`
