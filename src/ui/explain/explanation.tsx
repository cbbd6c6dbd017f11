/** The explanation of a chart. It is shown, and its texts are loaded, while explanations are turned on. */
import { Suspense } from 'react'
import { usePageView } from '../../store/page-view.ts'
import { loadable } from '../boundary/later.tsx'
import type { Topic } from './topics.ts'

const Explained = loadable(async () => (await import('./explained.tsx')).Explained)

export function Explanation({ topic }: { readonly topic: Topic }) {
  const isShown = usePageView(({ explained }) => explained)
  if (!isShown) return null
  return (
    <Suspense>
      <Explained topic={topic} />
    </Suspense>
  )
}
