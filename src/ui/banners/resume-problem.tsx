/** Why a run could not be resumed, and what the user can decide about it. */
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'

/** Why the run could not be resumed. */
export function Problem({ id }: { readonly id: string }) {
  const problem = useLab(({ resumeProblem }) => resumeProblem)
  if (problem?.id !== id) return null
  return (
    <span className="danger-text" role="alert">
      {' '}
      {problem.message}
    </span>
  )
}

/** Goes on with changed images, which the user must want. */
export function Accept({ id }: { readonly id: string }) {
  const problem = useLab(({ resumeProblem }) => resumeProblem)
  if (problem?.id !== id || problem.kind !== 'changed') return null
  return (
    <Button className="button" onPress={() => void lab.resumeShown({ acceptChanged: true })}>
      Resume with the changed images
    </Button>
  )
}
