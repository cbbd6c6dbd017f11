/** The page of `board`: a table of the runs of a queue. */
import { html } from 'hono/html'
import type { JobState } from '../experiments/queue/job-queue.ts'
import type { Watched, WatchedRun } from '../experiments/queue/node/watch.ts'

const style = `
  body { font: 15px system-ui, sans-serif; margin: 2rem; color-scheme: light dark; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
  td.number { font-variant-numeric: tabular-nums; }
  .active { font-weight: 600; }
  .failed { color: #c33; }
`

const stateTexts: Readonly<Record<JobState, string>> = {
  waiting: 'waiting',
  active: 'training',
  finished: 'finished',
  failed: 'failed',
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

function row({ id, plan, name, state, failures, progress, message }: WatchedRun) {
  const {
    worker = '',
    adapter = '',
    activity = '',
    step = 0,
    totalSteps = 0,
    loss = null,
    top1 = null,
  } = progress ?? {}
  return html`<tr>
    <td>${name || id}</td>
    <td>${plan}</td>
    <td class="${state}">${state === 'active' && activity ? activity : stateTexts[state]}</td>
    <td class="number">${totalSteps > 0 ? `${step} of ${totalSteps}` : ''}</td>
    <td class="number">${loss === null ? '' : loss.toFixed(4)}</td>
    <td class="number">${top1 === null ? '' : percent(top1)}</td>
    <td>${worker}</td>
    <td>${adapter}</td>
    <td class="number">${failures || ''}</td>
    <td>${message}</td>
  </tr>`
}

const heads = ['Run', 'Plan', 'State', 'Step', 'Loss', 'Top-1', 'Worker', 'Adapter', 'Failed attempts', 'Message']

/** `shown` is the server, `seconds` the time until the page loads again. */
export function boardPage(shown: string, { counts, runs }: Watched, workers: readonly string[], seconds: number) {
  const { active, failed, waiting, finished } = counts
  const all = active + failed + waiting + finished
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="${seconds}" />
        <title>${finished} of ${all} runs</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Runs at ${shown}</h1>
        <p>
          ${all} runs: ${active} training, ${waiting} waiting, ${finished} finished, ${failed} failed. ${workers.length === 0 ? 'No worker is there.' : `Workers: ${workers.join(', ')}.`} <a href="/queue">The queue in bull-board</a>
        </p>
        ${all > runs.length ? html`<p>The table shows the first ${runs.length}.</p>` : ''}
        <table>
          <thead>
            <tr>
              ${heads.map((head) => html`<th scope="col">${head}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${runs.map(row)}
          </tbody>
        </table>
      </body>
    </html>`
}
