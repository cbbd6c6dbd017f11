/** The explanation of a chart. It is shown, and its texts are loaded, while explanations are turned on. */
import { lazy, Suspense } from 'react'
import { usePageView } from '../../store/page-view.ts'
import type { Topic } from './topics.ts'

const Explained = lazy(() => import('./explained.tsx').then(({ Explained: View }) => ({ default: View })))

export function Explanation({ topic }: { readonly topic: Topic }) {
  const isShown = usePageView(({ explained }) => explained)
  if (!isShown) return null
  return (
    <Suspense>
      <Explained topic={topic} />
    </Suspense>
  )
}
