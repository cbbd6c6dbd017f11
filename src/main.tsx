import '@fontsource-variable/source-sans-3/wght.css'
import './ui/tokens.css'
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { lab } from './store/lab.ts'
import { showTheme } from './store/theme.ts'
import { App } from './ui/app.tsx'

showTheme()
lab.open()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
