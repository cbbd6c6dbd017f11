/** The theme: light, dark or the system's. It is an attribute of the document, which tokens.css reads. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { loadTheme, pageMemory, saveTheme, type Theme } from './persist.ts'

const memory = pageMemory()
const themeStore = createStore(() => ({ theme: loadTheme(memory) }))

/** Sets the chosen theme on the document. */
export function showTheme(): void {
  const { theme } = themeStore.getState()
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function setTheme(theme: Theme): void {
  themeStore.setState({ theme })
  saveTheme(memory, theme)
  showTheme()
}

export const useTheme = (): Theme => useStore(themeStore, ({ theme }) => theme)
