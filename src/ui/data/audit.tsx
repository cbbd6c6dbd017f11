/** How far the images of the dataset have been checked in the background, and what is unknown until then. */
import { Button, ProgressBar } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { AuditState } from '../../store/state.ts'
import { isActive } from '../../store/status.ts'
import { count } from '../format.ts'
import { auditText } from './reading-text.ts'

/** A separate component, because it changes several times a second. */
export function Audit() {
  const audit = useLab((state) => state.audit)
  const lost = useLab(({ requests }) => requests.dataLost)
  if (!audit || audit.status === 'done') return null
  return (
    <section className="audit" aria-label="Check of the images">
      {audit.status === 'on' ? <Running audit={audit} /> : <Resting audit={audit} lost={lost} />}
    </section>
  )
}

const unknown = 'Unreadable files, duplicates and sizes are known only in part until then.'

function Running({ audit }: { readonly audit: AuditState }) {
  const beside = useLab(({ run }) => isActive(run.status))
  const text = auditText(audit, beside)
  const percent = audit.total === 0 ? 0 : (100 * audit.done) / audit.total
  return (
    <>
      <p>{text}</p>
      <ProgressBar aria-label="Checking images" value={percent} valueLabel={text}>
        <span className="bar">
          <span className="bar-fill" style={{ width: `${percent}%` }} />
        </span>
      </ProgressBar>
      <p className="quiet">
        {unknown}
        {beside ? '' : ' Training can start now: a run reads its own images first.'}
      </p>
      <Button className="button quiet-button" onPress={() => lab.setChecking(false)}>
        Skip the check
      </Button>
    </>
  )
}

function Resting({ audit, lost }: { readonly audit: AuditState; readonly lost: boolean }) {
  const { status, done, total, message } = audit
  return (
    <>
      {status === 'failed' && (
        <p className="note danger" role="alert">
          {message}
        </p>
      )}
      <p>
        {count(done)} of {count(total)} images checked.
      </p>
      <p className="quiet">{unknown} A run reads the images that it needs.</p>
      {!lost && (
        <Button className="button quiet-button" onPress={() => lab.setChecking(true)}>
          Check all images
        </Button>
      )}
    </>
  )
}
