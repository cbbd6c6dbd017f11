/** Stores the configuration, the theme and a few settings of the page between visits. Invalid stored values are dropped. */
import { parseConfig, type RunConfig } from '../config/config.ts'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

/** The part of localStorage that the page uses. Its methods may throw, for instance when cookies are blocked. */
export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const configKey = 'selectivity-lab.config'
const screenKey = 'selectivity-lab.keep-screen-on'
const explainedKey = 'selectivity-lab.explained'
const shortcutsKey = 'selectivity-lab.shortcuts'
const tourKey = 'selectivity-lab.tour'
const themeKey = 'selectivity-lab.theme'

const attempt = <T>(act: () => T): T | null => {
  try {
    return act()
  } catch {
    return null
  }
}

const forgetful: Memory = { getItem: () => null, setItem: () => {}, removeItem: () => {} }

/** The page's localStorage; a storage that saves nothing where the browser offers none. */
export const pageMemory = (): Memory => attempt(() => globalThis.localStorage) ?? forgetful

/** The configuration of the last visit; null when none was stored or it is no longer valid. */
export function loadConfig(memory: Memory): RunConfig | null {
  const text = attempt(() => memory.getItem(configKey))
  if (!text) return null
  const config = attempt(() => parseConfig(JSON.parse(text)))
  if (!config) attempt(() => memory.removeItem(configKey))
  return config
}

/** Whether an earlier visit stored a configuration. */
export const storesConfig = (memory: Memory): boolean => attempt(() => memory.getItem(configKey)) !== null

/** Stores the configuration; does nothing where the browser refuses. */
export const saveConfig = (memory: Memory, config: RunConfig): void =>
  void attempt(() => memory.setItem(configKey, JSON.stringify(config)))

export function loadTheme(memory: Memory): Theme {
  const text = attempt(() => memory.getItem(themeKey))
  return themes.find((theme) => theme === text) ?? 'system'
}

export const saveTheme = (memory: Memory, theme: Theme): void => void attempt(() => memory.setItem(themeKey, theme))

/** Whether the screen stays on while a run trains; true unless the user has turned that off. */
export const loadKeepScreenOn = (memory: Memory): boolean => attempt(() => memory.getItem(screenKey)) !== 'false'

export const saveKeepScreenOn = (memory: Memory, on: boolean): void =>
  void attempt(() => memory.setItem(screenKey, String(on)))

/** Whether charts and settings show their explanations; false until the user asks for them. */
export const loadExplained = (memory: Memory): boolean => attempt(() => memory.getItem(explainedKey)) === 'true'

export const saveExplained = (memory: Memory, explained: boolean): void =>
  void attempt(() => memory.setItem(explainedKey, String(explained)))

/** Whether single keys are shortcuts; true unless the user has turned that off. */
export const loadShortcuts = (memory: Memory): boolean => attempt(() => memory.getItem(shortcutsKey)) !== 'false'

export const saveShortcuts = (memory: Memory, on: boolean): void =>
  void attempt(() => memory.setItem(shortcutsKey, String(on)))

/** Whether the tour was shown in this browser. */
export const loadTourSeen = (memory: Memory): boolean => attempt(() => memory.getItem(tourKey)) === 'seen'

export const saveTourSeen = (memory: Memory): void => void attempt(() => memory.setItem(tourKey, 'seen'))
