import { useEffect } from 'react'
import { labStore } from '../../store/lab.ts'
import { pageView, type Step } from '../../store/page-view.ts'

/** The steps whose fields are locked while a run is active. */
const before: ReadonlySet<Step | null> = new Set(['data', 'model', 'train'])

/** When the user starts a run, Observe opens instead of a step with locked fields, unless the user is working there. */
export function useObserveAtStart(): void {
  useEffect(
    () =>
      labStore.subscribe(({ run }, { run: last }) => {
        const begins = run.status === 'starting' && last.status !== 'starting'
        const { step } = pageView.getState()
        if (!begins || !before.has(step) || document.activeElement?.closest('.step-panel')) return
        pageView.setState({ step: 'observe' })
      }),
    [],
  )
}
