/** An error boundary for one part of the page. When the part throws, the rest of the page keeps working. */
import { type ReactNode, useRef } from 'react'
import { Button } from 'react-aria-components'
import { ErrorBoundary } from 'react-error-boundary'
import manifest from '../../../package.json' with { type: 'json' }
import { messageOf } from '../../message.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { errorDetails } from './details.ts'
import './boundary.css'

interface Props {
  /** The name of the part, as the user knows it. */
  readonly part: string
  /** Shows one line without a message. For parts with little room, as in the header. */
  readonly brief?: boolean
  readonly children: ReactNode
}

/** Renders its children. If they throw while rendering, shows the error with buttons to copy its details and to retry. */
export function Boundary({ part, brief = false, children }: Props) {
  const componentStack = useRef('')
  const details = (error: unknown) =>
    errorDetails({
      part,
      error,
      componentStack: componentStack.current,
      lab: manifest.version,
      browser: navigator.userAgent,
    })
  return (
    <ErrorBoundary
      onError={(_, info) => {
        componentStack.current = info.componentStack ?? ''
      }}
      fallbackRender={({ error, resetErrorBoundary }) => (
        <Failed
          part={part}
          message={brief ? null : messageOf(error)}
          details={() => details(error)}
          onRetry={resetErrorBoundary}
        />
      )}
    >
      {children}
    </ErrorBoundary>
  )
}

interface FailedProps {
  readonly part: string
  readonly message: string | null
  readonly details: () => string
  readonly onRetry: () => void
}

const Failed = ({ part, message, details, onRetry }: FailedProps) => (
  <section className="failed-part" role="alert" aria-label={`${part} failed`}>
    <p>
      <b>{part} cannot be shown.</b>
      {message !== null && ' The rest of the page still works, and a run continues.'}
    </p>
    {message !== null && <p className="quiet failed-message">{message}</p>}
    <div className="button-row">
      <Button className="button" onPress={() => onRetry()}>
        Try again
      </Button>
      <CopyButton text={details} label="Copy details" />
    </div>
  </section>
)
