/** Moves all views to the next or the previous probe, and says its epoch. */
import { columnAt, momentOfColumn } from '../../runs/probe-at.ts'
import { lab, labStore } from '../../store/lab.ts'
import { stopPlaying } from '../../store/playback.ts'
import { series } from '../../store/series.ts'

export function moveProbe(by: 1 | -1): void {
  const run = series.shown()
  if (!run || run.probes.length === 0) return
  stopPlaying()
  const column = Math.max(0, Math.min(run.probes.length - 1, columnAt(run, labStore.getState().view.moment) + by))
  lab.setView({ moment: momentOfColumn(run, column) })
  lab.say(`Epoch ${run.probes[column].epoch.toFixed(2)}.`)
}
