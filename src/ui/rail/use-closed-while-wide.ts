import { useEffect } from 'react'
import { showSetup, usePageView } from '../../store/page-view.ts'

/** Where the rail stands beside the charts, it is not shown over them, also not after the window has become narrow. */
export function useClosedWhileWide(narrow: boolean): void {
  const shown = usePageView((view) => view.setupShown)
  useEffect(() => {
    if (!narrow && shown) showSetup(false)
  }, [narrow, shown])
}
