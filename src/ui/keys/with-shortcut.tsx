/** Names the keys of a shortcut on the button that does the same. */
import type { ComponentProps } from 'react'
import { ariaKeys, type Shortcut } from './shortcuts.ts'

/** The `render` of a button of React Aria, which does not pass `aria-keyshortcuts` on. */
export const withShortcut = (id: Shortcut['id']) => (props: ComponentProps<'button'>) => (
  <button type="button" {...props} aria-keyshortcuts={ariaKeys(id)} />
)
