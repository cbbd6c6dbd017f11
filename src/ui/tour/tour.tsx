/** The tour: five steps through a recorded run. Each moves the time line and highlights a region of the page. */
import { useCallback, useEffect, useId, useMemo, useRef } from 'react'
import { Button } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import { useExperiments } from '../../store/experiments/page.ts'
import { lab, useLab } from '../../store/lab.ts'
import { playTo, stopPlaying } from '../../store/playback.ts'
import { useRun } from '../../store/series.ts'
import { isActive } from '../../store/status.ts'
import { endTour, goToTourStep, useTour } from '../../store/tour.ts'
import { useMedia } from '../use-media.ts'
import { armsExample, exampleOfRun, showArms } from './examples.ts'
import { useTourKeys } from './keys.ts'
import { bringIntoView, toTop } from './scroll.ts'
import { Spotlight, useBox } from './spotlight.tsx'
import { type TourStep, tourSteps } from './steps.ts'
import { trainIt } from './train-it.ts'
import './tour.css'

export function Tour() {
  const step = useTour((state) => state.step)
  const runId = useTour((state) => state.runId)
  const { run } = useRun()
  const isRunView = useExperiments(({ center }) => center === 'run')
  const wasShown = useRef(false)
  const isShown = run?.id === runId
  const steps = useMemo(() => (run ? tourSteps(run) : []), [run])
  // The page shows a run a moment after it was opened.
  const isLost = !isRunView || (isShown ? steps.length === 0 : wasShown.current)
  useEffect(() => {
    wasShown.current ||= isShown
    if (isLost) endTour()
  }, [isLost, isShown])
  if (step === null || !isShown || steps.length === 0 || !isRunView) return null
  return <OpenTour run={run} steps={steps} at={Math.min(step, steps.length - 1)} />
}

interface OpenProps {
  readonly run: Run
  readonly steps: readonly TourStep[]
  readonly at: number
}

function OpenTour({ run, steps, at }: OpenProps) {
  const { title, texts, region, moment, plays } = steps[at]
  const card = useRef<HTMLElement>(null)
  const [titleId, textId] = [useId(), useId()]
  const isSheet = useMedia('(max-width: 839px)')
  const find = useCallback(() => regionNamed(region), [region])
  const box = useBox(find)
  const last = steps.length - 1
  const go = useCallback((to: number) => goToTourStep(Math.max(0, Math.min(last, to))), [last])
  useTourKeys(card, { next: () => go(at + 1), back: () => go(at - 1), end: endTour })
  useFocus(card, at === last)
  useMoment(run, moment, plays)
  useScroll(region, `${at} ${isSheet}`, card)
  return (
    <>
      {box && <Spotlight box={box} />}
      <section
        ref={card}
        className={isSheet ? 'tour tour-sheet' : 'tour'}
        style={isSheet || !box ? undefined : { top: `clamp(64px, ${box.top}px, calc(100dvh - 420px))` }}
        // A dialog that leaves the page usable: the charts can be read and touched meanwhile.
        role="dialog"
        aria-labelledby={titleId}
        aria-describedby={textId}
        tabIndex={-1}
      >
        <header className="tour-head">
          <h2 id={titleId}>{title}</h2>
          <span className="quiet">
            {at + 1} of {steps.length}
          </span>
        </header>
        <div id={textId} className="tour-texts" aria-live="polite">
          {texts.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
        {at === last ? <Choices run={run} /> : null}
        <footer className="tour-buttons">
          <Button className="button quiet-button" onPress={endTour}>
            {at === last ? 'Look around' : 'Skip the tour'}
          </Button>
          <span className="tour-space" />
          <Button className="button" isDisabled={at === 0} onPress={() => go(at - 1)}>
            Back
          </Button>
          {at < last && (
            <Button className="button primary" onPress={() => go(at + 1)}>
              Next
            </Button>
          )}
        </footer>
      </section>
    </>
  )
}

/** What a newcomer can do next. */
function Choices({ run }: { readonly run: Run }) {
  const active = useLab((state) => isActive(state.run.status))
  const example = useExperiments((state) => exampleOfRun(state, run.id))
  const arms = useExperiments(armsExample)
  const config = run.start?.config
  return (
    <div className="tour-choices">
      {example && config && (
        <Button className="button primary" isDisabled={active} onPress={() => trainIt(example, config)}>
          Train it yourself
        </Button>
      )}
      {arms && (
        <Button className="button" onPress={showArms}>
          Compare with the regularizer
        </Button>
      )}
      {active && <p className="quiet">A run trains. You can train this network when it has ended.</p>}
    </div>
  )
}

/** A region of the middle of the page by its accessible name. */
const regionNamed = (name: string): Element | null =>
  document.querySelector(`#charts section[aria-label="${CSS.escape(name)}"]`)

/** Focuses the card's first step, and its last one, whose buttons are others; gives the focus back at the end. */
function useFocus(card: { readonly current: HTMLElement | null }, isLast: boolean): void {
  useEffect(() => {
    const before = document.activeElement
    return () => {
      const back = before instanceof HTMLElement && before !== document.body && before.isConnected ? before : null
      const now = document.activeElement
      // The user has moved on, such as to a step of the rail.
      if (now && now !== document.body) return
      const target =
        back ?? document.querySelector<HTMLElement>('.tour-button') ?? document.querySelector<HTMLElement>('#charts')
      target?.focus({ preventScroll: true })
    }
  }, [])
  useEffect(() => {
    const target = isLast ? card.current : card.current?.querySelector<HTMLElement>('.primary')
    const isInside = card.current?.contains(document.activeElement)
    if (isLast || !isInside) target?.focus({ preventScroll: true })
  }, [card, isLast])
}

/** Shows the moment of a step, and the newest one again at the end of the tour. */
function useMoment(run: Run, moment: number | null, plays: boolean): void {
  const newest = run.probes[run.probes.length - 1].step
  useEffect(() => {
    if (plays) playTo(moment ?? newest)
    else {
      stopPlaying()
      lab.setView({ moment, range: null })
    }
  }, [moment, newest, plays])
  useEffect(
    () => () => {
      stopPlaying()
      lab.setView({ moment: null })
    },
    [],
  )
}

/** Scrolls a region into view, beside the card or above it, whenever `layout` is another, and to the top at the end. */
function useScroll(region: string, layout: string, card: { readonly current: HTMLElement | null }): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: every step and every place of the card brings the region back
  useEffect(() => {
    const bring = () => {
      const element = regionNamed(region)
      if (element) bringIntoView(element, card.current)
    }
    bring()
    // Charts take a moment to have their size.
    const timer = setTimeout(bring, 400)
    return () => clearTimeout(timer)
  }, [region, layout, card])
  useEffect(() => toTop, [])
}
