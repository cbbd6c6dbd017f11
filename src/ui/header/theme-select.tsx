import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { type Theme, themes } from '../../store/persist.ts'
import { setTheme, useTheme } from '../../store/theme.ts'

const names: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' }

/** Selects the theme: system, light or dark. */
export function ThemeSelect() {
  const theme = useTheme()
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="Theme"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => {
        const chosen = themes.find((one) => keys.has(one))
        if (chosen) setTheme(chosen)
      }}
    >
      {themes.map((one) => (
        <ToggleButton key={one} id={one} className="segment">
          {names[one]}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
