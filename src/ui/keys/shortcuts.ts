/** The keyboard shortcuts of the page, as one table. */
import { lab, labStore } from '../../store/lab.ts'
import { heldAlpha, shownAlpha } from '../../store/live-actions.ts'
import { pageView, setExplained } from '../../store/page-view.ts'
import { togglePlaying } from '../../store/playback.ts'
import { series } from '../../store/series.ts'
import { showShortcuts } from '../../store/shortcuts.ts'
import { isPaused } from '../../store/status.ts'
import { alphaText } from '../format.ts'
import { nextStop } from '../regularizer/scale.ts'
import { moveProbe } from './move-probe.ts'

export interface Shortcut {
  readonly id: 'play' | 'pause' | 'step' | 'next' | 'previous' | 'more' | 'less' | 'explain' | 'list'
  /** Values of KeyboardEvent.key. */
  readonly keys: readonly string[]
  readonly text: string
  readonly act: () => void
  /** A key that is held down acts again and again. */
  readonly repeats?: boolean
  /** Whether it would do something now. If not, the key is the browser's: Space scrolls. */
  readonly isPossible?: () => boolean
}

const canPlay = () => (series.shown()?.probes.length ?? 0) > 1

function pauseOrResume(): void {
  const { status } = labStore.getState().run
  if (status === 'running') lab.pause()
  else if (isPaused(status)) lab.resume()
}

function takeStep(): void {
  if (isPaused(labStore.getState().run.status)) lab.stepOnce()
}

function moveAlpha(direction: 1 | -1): void {
  lab.setAlpha(nextStop(shownAlpha(labStore.getState()), direction))
  const { live } = labStore.getState()
  lab.say(live.on ? `α ${alphaText(heldAlpha(live))}, set by you.` : 'The regularizer is off: α stays 0.')
}

export const shortcuts: readonly Shortcut[] = [
  {
    id: 'play',
    keys: ['k', ' '],
    text: 'Play the run on the time line, or stop',
    act: togglePlaying,
    isPossible: canPlay,
  },
  { id: 'next', keys: ['ArrowRight', '.'], text: 'Next probe', act: () => moveProbe(1), repeats: true },
  { id: 'previous', keys: ['ArrowLeft', ','], text: 'Previous probe', act: () => moveProbe(-1), repeats: true },
  { id: 'pause', keys: ['p'], text: 'Pause or resume training', act: pauseOrResume },
  { id: 'step', keys: ['s'], text: 'Take one step while paused', act: takeStep },
  { id: 'more', keys: [']'], text: 'Regularizer up: a larger α', act: () => moveAlpha(1), repeats: true },
  { id: 'less', keys: ['['], text: 'Regularizer down: a smaller α', act: () => moveAlpha(-1), repeats: true },
  {
    id: 'explain',
    keys: ['e'],
    text: 'Show or hide explanations',
    act: () => setExplained(!pageView.getState().explained),
  },
  { id: 'list', keys: ['?'], text: 'Show this list', act: () => showShortcuts(true) },
]

const ariaName = (key: string) => (key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key)

/** The names of the keys in `aria-keyshortcuts`. */
export const ariaKeys = (id: Shortcut['id']): string =>
  (shortcuts.find((one) => one.id === id)?.keys ?? []).map(ariaName).join(' ')
