import '@fontsource-variable/source-sans-3/wght.css'
import './ui/tokens.css'
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { lab } from './store/lab.ts'
import { showTheme } from './store/theme.ts'
import { App } from './ui/app.tsx'

/**
 * Starts the training worker, which looks for a GPU, when the page has been painted: its script is larger than the page's.
 * A hidden page is not painted.
 */
function openAfterPaint(): void {
  if (document.visibilityState === 'hidden') lab.open()
  else requestAnimationFrame(() => setTimeout(lab.open))
}

showTheme()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
openAfterPaint()
