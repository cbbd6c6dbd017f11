/** Folders and archives that earlier visits opened. */
import { useEffect } from 'react'
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { RecentSource } from '../../store/sources.ts'
import { isActive, loadedData } from '../../store/status.ts'
import { More } from '../controls/more.tsx'
import { whenText } from '../when.ts'

const kinds: Readonly<Record<RecentSource['kind'], string>> = {
  folder: 'folder',
  archive: 'archive',
  several: 'several items',
}

export function Recent() {
  const recent = useLab((state) => state.recent)
  const fresh = useLab(({ data }) => loadedData(data) === null)
  useEffect(() => void lab.listRecent(), [])
  if (recent.length === 0) return null
  return (
    <More title={`Recent (${recent.length})`} defaultExpanded={fresh}>
      <ul className="rows" aria-label="Recent sources">
        {recent.map((source) => (
          <Row key={source.id} source={source} />
        ))}
      </ul>
    </More>
  )
}

function Row({ source: { id, name, kind, time } }: { readonly source: RecentSource }) {
  const locked = useLab(({ run, data }) => isActive(run.status) || data.status === 'reading')
  return (
    <li className="row">
      <Button className="row-button" isDisabled={locked} onPress={() => lab.reopen(id)}>
        <span className="ellipsis">{name}</span>
        <span className="quiet">
          {kinds[kind]}, {whenText(time, Date.now())}
        </span>
      </Button>
      <Button className="button quiet-button" aria-label={`Forget ${name}`} onPress={() => lab.forget(id)}>
        Forget
      </Button>
    </li>
  )
}
