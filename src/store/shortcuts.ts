/** Whether single keys are shortcuts on this page, and whether their list is shown. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { loadShortcuts, pageMemory, saveShortcuts } from './persist.ts'

const memory = pageMemory()

export const shortcutsStore = createStore(() => ({ isOn: loadShortcuts(memory), isListShown: false }))

/** Turns the shortcuts on or off, also for later visits: single keys can disturb speech input. */
export function setShortcuts(isOn: boolean): void {
  shortcutsStore.setState({ isOn })
  saveShortcuts(memory, isOn)
}

export const showShortcuts = (isListShown: boolean): void => shortcutsStore.setState({ isListShown })

export const useShortcuts = () => useStore(shortcutsStore)
