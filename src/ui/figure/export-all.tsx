/** A button that downloads every chart of the visible tab in one zip. */
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { messageOf } from '../../message.ts'
import { series } from '../../store/series.ts'
import { allFigures } from './figures.ts'

export function ExportAll() {
  const [busy, setBusy] = useState(false)
  const [note, setNote] = useState<string | null>(null)
  const exportAll = () => {
    setBusy(true)
    setNote(null)
    import('./export.ts')
      .then(({ downloadAll }) => downloadAll(allFigures(), series.shown()))
      .catch((error: unknown) => setNote(`The charts could not be exported: ${messageOf(error)}`))
      .finally(() => setBusy(false))
  }
  return (
    <>
      <Button className="button quiet-button" isDisabled={busy} onPress={exportAll}>
        Export all charts
      </Button>
      {note && (
        <p className="note warning" role="alert">
          {note}
        </p>
      )}
    </>
  )
}
