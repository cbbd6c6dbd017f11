/** Listens for the shortcuts, and shows their list. */
import { Suspense, useEffect } from 'react'
import { Button } from 'react-aria-components'
import { shortcutsStore, showShortcuts, useShortcuts } from '../../store/shortcuts.ts'
import { loadable } from '../boundary/later.tsx'
import { placeOf, shortcutOf } from './matching.ts'
import { shortcuts } from './shortcuts.ts'
import { withShortcut } from './with-shortcut.tsx'

const ShortcutList = loadable(async () => (await import('./shortcut-list.tsx')).ShortcutList)

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || !shortcutsStore.getState().isOn || !(event.target instanceof Element)) return
  const { key, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing } = event
  const isAltGraph = event.getModifierState('AltGraph')
  const press = { key, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing, isAltGraph }
  const found = shortcutOf(press, placeOf(event.target), shortcuts)
  if (!found || found.isPossible?.() === false) return
  event.preventDefault()
  found.act()
}

/** The shortcuts of the page. There is one of these. */
export function Keys() {
  const { isListShown } = useShortcuts()
  useEffect(() => {
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return isListShown ? (
    <Suspense>
      <ShortcutList />
    </Suspense>
  ) : null
}

/** Opens the list of the shortcuts. */
export const HelpButton = () => (
  <Button
    className="button icon-button help-button"
    aria-label="Keyboard shortcuts"
    onPress={() => showShortcuts(true)}
    render={withShortcut('list')}
  >
    <span aria-hidden="true">?</span>
  </Button>
)
