import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { type Theme, themes } from '../../store/persist.ts'
import { setTheme, useTheme } from '../../store/theme.ts'

const names: Readonly<Record<Theme, string>> = { system: 'Like the system', light: 'Light', dark: 'Dark' }

/** Selects the theme: system, light or dark. */
export function ThemeMenu() {
  const theme = useTheme()
  return (
    <MenuTrigger>
      <Button className="button icon-button" aria-label="Theme">
        <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path className="icon-fill" d="M8 2a6 6 0 0 1 0 12z" />
        </svg>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="options"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[theme]}
          onSelectionChange={(keys) => {
            const chosen = themes.find((one) => keys !== 'all' && keys.has(one))
            if (chosen) setTheme(chosen)
          }}
        >
          {themes.map((one) => (
            <MenuItem key={one} id={one} className="option">
              {names[one]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
