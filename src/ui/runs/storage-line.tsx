/** How much of the browser's storage the runs use, and whether the browser keeps it. */
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { LibraryRun, StorageState } from '../../store/experiments/state.ts'
import { bytes, plural } from '../format.ts'

const totalOf = (runs: readonly LibraryRun[]) => runs.reduce((sum, run) => sum + (run.stored ? run.bytes : 0), 0)

function storageText({ used, free }: StorageState): string {
  if (used === null) return ''
  const rest = free === null ? '' : `, ${bytes(free)} free`
  return ` This page uses ${bytes(used)} in all${rest}.`
}

const persistentText: Readonly<Record<'true' | 'false' | 'null', string>> = {
  true: 'The browser keeps them until you delete them.',
  false: 'The browser may delete them when the disk fills.',
  null: '',
}

export function StorageLine() {
  const runs = useExperiments((state) => state.runs)
  const deleted = useExperiments((state) => state.deleted)
  const storage = useExperiments((state) => state.storage)
  const all = [...runs, ...deleted].filter(({ stored }) => stored)
  return (
    <div className="runs-storage">
      <p className="quiet">
        {plural(all.length, 'stored run')}, {bytes(totalOf(all))}.{storage && storageText(storage)}{' '}
        {storage && persistentText[`${storage.persistent}`]}
      </p>
      {storage?.persistent === false && (
        <Button className="button quiet-button" onPress={experiments.keepStorage}>
          Ask the browser to keep them
        </Button>
      )}
    </div>
  )
}
