import { useState } from 'react'
import { Button } from 'react-aria-components'

interface Props {
  readonly text: string | (() => string)
  /** The accessible name, "Copy the fingerprint". */
  readonly label: string
  /** The visible text; the label by default. */
  readonly short?: string
}

/** Copies a text to the clipboard and confirms it for two seconds. */
export function CopyButton({ text, label, short }: Props) {
  const [said, setSaid] = useState<string | null>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
      setSaid('Copied')
    } catch {
      setSaid('Copying failed')
    }
    setTimeout(() => setSaid(null), 2000)
  }
  return (
    <Button className="button quiet-button" aria-label={label} onPress={copy}>
      {said ?? short ?? label}
    </Button>
  )
}
