/** The script of a job array for SLURM: one task for each run of a plan. */

export interface ArrayScript {
  /** The plan's name; any text. */
  readonly plan: string
  /** The names of the runs, in the order of the tasks. */
  readonly runs: readonly string[]
  /** The program of the command line, with its first arguments. */
  readonly program: readonly string[]
  /** The plan's folder, as an absolute path. */
  readonly out: string
  /** The folder to which the paths of the plan are relative. */
  readonly folder: string
  /** More arguments of every task. */
  readonly flags: readonly string[]
}

/** The second line of every script; a file without it is not replaced. */
export const mark = '# A job array of Selectivity Lab for SLURM.'

/** A text as one word of the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const words = (texts: readonly string[]): string => texts.map(quoted).join(' ')

/** A job's name without characters that `sbatch` or a file could misread. */
const jobName = (plan: string): string => plan.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)

/** Seconds before the time limit at which a task is told to stop. */
const notice = 180

/** How often a task that reaches its time limit is put back into the queue. */
const mostRestarts = 100

const head = ({ plan, runs }: ArrayScript) => `#!/bin/bash
${mark}
#SBATCH --job-name=${jobName(plan)}
#SBATCH --array=1-${runs.length}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@${notice}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --gres=gpu:1
# Options given to sbatch replace these lines: sbatch --partition=gpu --time=12:00:00 --array=1-${runs.length}%4 FILE
`

const values = ({ runs, program, out, folder, flags }: ArrayScript) => `
lab=(${words(program)})
out=${quoted(out)}
flags=(${words(flags)})
runs=(
${runs.map((run, i) => `  [${i + 1}]=${quoted(run)}`).join('\n')}
)
cd -- ${quoted(folder)} || exit 1
`

const task = ({ runs }: ArrayScript) => `
run=\${runs[\${SLURM_ARRAY_TASK_ID:-0}]:-}
if [ -z "$run" ]; then
  echo "Start this script with sbatch: its tasks are 1 to ${runs.length}." >&2
  exit 2
fi
echo "Task $SLURM_ARRAY_TASK_ID: $run" >&2

# A termination signal, as of scancel or of preemption, stops the run after its step and saves its state.
stopping=0
stop() { stopping=1; kill -TERM "$child" 2>/dev/null; }
# SLURM sends SIGUSR1 before the time limit: then the task also goes back into the queue and resumes there.
again=0
trap 'again=1; stop' USR1
trap stop TERM

"\${lab[@]}" plan "$out/plan.json" --out "$out" --run "$run" "\${flags[@]}" &
child=$!
# A signal that came before this line has reached no run.
[ "$stopping" = 1 ] && stop
# A signal ends "wait" before the run has ended.
while kill -0 "$child" 2>/dev/null; do wait "$child"; done
wait "$child"
code=$?
if [ "$again" = 1 ] && [ "$code" != 0 ]; then
  if [ "\${SLURM_RESTART_COUNT:-0}" -lt ${mostRestarts} ]; then
    scontrol requeue "$SLURM_JOB_ID"
  else
    echo "The task was restarted ${mostRestarts} times; submit the script again to go on." >&2
  fi
fi
exit "$code"
`

/** The script, for bash. */
export const arrayScript = (script: ArrayScript): string => `${head(script)}${values(script)}${task(script)}`
