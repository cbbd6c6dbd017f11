/** Which shortcut a key press is. */
import type { Shortcut } from './shortcuts.ts'

/** The parts of a KeyboardEvent that decide. */
export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly repeat: boolean
  readonly isComposing: boolean
  /** True for a character that the keyboard has behind AltGr, such as ] on a German one. */
  readonly isAltGraph: boolean
}

/**
 * Where the focus is. field: keys are text or choose an item. control: Space and arrow keys are its own, letters are not.
 * page: no control has the focus.
 */
export type Place = 'field' | 'control' | 'page'

const controlKeys: ReadonlySet<string> = new Set([' ', 'ArrowLeft', 'ArrowRight'])

/** The shortcut of a press, or null. A press with a modifier belongs to the browser and to assistive technology. */
export function shortcutOf(press: KeyPress, place: Place, table: readonly Shortcut[]): Shortcut | null {
  const { key, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing, isAltGraph } = press
  if (place === 'field' || isComposing || metaKey || ((ctrlKey || altKey) && !isAltGraph)) return null
  if (place === 'control' && controlKeys.has(key)) return null
  const wanted = key.length === 1 ? key.toLowerCase() : key
  // A sign may need Shift; a letter, Space and an arrow with Shift are something else.
  if (shiftKey && (wanted !== key || key.length > 1 || key === ' ')) return null
  const found = table.find(({ keys }) => keys.includes(wanted))
  return found && (!repeat || found.repeats) ? found : null
}

const fields = [
  'input:not([type=range], [type=checkbox], [type=radio], [type=button])',
  'textarea, select, dialog, [contenteditable]:not([contenteditable=false])',
  ...['textbox', 'searchbox', 'combobox', 'spinbutton', 'listbox', 'menu', 'tree', 'grid', 'treegrid'],
  ...['dialog', 'alertdialog', 'application'],
]
  .map((name) => (/^[a-z]+$/.test(name) ? `[role=${name}]` : name))
  .join(', ')

const controls = 'a[href], button, input, summary, [tabindex]:not([tabindex="-1"])'

/** Where an element is. */
export function placeOf(element: Element): Place {
  if (element.closest(fields)) return 'field'
  return element.closest(controls) ? 'control' : 'page'
}
