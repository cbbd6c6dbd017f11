/** How the page is laid out: the open step of the rail, the rail on a narrow screen, and the explanations. Not part of a run. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { loadExplained, pageMemory, saveExplained } from './persist.ts'

/** The steps of an experiment in the order of the rail. */
export const steps = ['data', 'model', 'train', 'observe', 'ablate', 'compare', 'export'] as const
export type Step = (typeof steps)[number]

export interface PageView {
  /** The open step; null when all are closed. */
  readonly step: Step | null
  /** True while the rail is shown on a screen too narrow for it to stand beside the charts. */
  readonly setupShown: boolean
  /** True while charts and settings show their explanations. */
  readonly explained: boolean
}

const memory = pageMemory()

export const pageView = createStore<PageView>(() => ({
  step: 'data',
  setupShown: false,
  explained: loadExplained(memory),
}))

/** Opens a step and closes the others. On a narrow screen the rail is shown as well. */
export const openStep = (step: Step): void => pageView.setState({ step, setupShown: true })

/** Closes the open step. */
export const closeStep = (): void => pageView.setState({ step: null })

export const showSetup = (setupShown: boolean): void => pageView.setState({ setupShown })

/** Shows or hides the explanations, also at the next visit. */
export function setExplained(explained: boolean): void {
  pageView.setState({ explained })
  saveExplained(memory, explained)
}

/** Returns a part of the page's layout; the component renders again when that part changes. */
export const usePageView = <T>(select: (view: PageView) => T): T => useStore(pageView, select)
