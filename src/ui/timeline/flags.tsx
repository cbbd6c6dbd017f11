/** The flags above the track: one tab stop, then the arrow keys. Hover, focus and a press show their text. */
import { useState } from 'react'
import { Button, Toolbar, Tooltip, TooltipTrigger } from 'react-aria-components'
import { momentOfColumn, nearestColumn } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab } from '../../store/lab.ts'
import { type FlagGroup, flagGroups, groupTexts } from './flag-layout.ts'
import type { Flag } from './time-line-model.ts'

interface Props {
  readonly run: Run
  readonly flags: readonly Flag[]
  readonly at: (step: number) => number
  readonly width: number
}

export function Flags({ run, flags, at, width }: Props) {
  const groups = flagGroups(flags, at, width)
  if (groups.length === 0) return null
  const show = (step: number) => {
    if (run.probes.length > 0) lab.setView({ moment: momentOfColumn(run, nearestColumn(run, step)) })
  }
  return (
    <Toolbar className="flags" aria-label="Events">
      {groups.map((group) => (
        <FlagButton key={group.x} group={group} onShow={() => show(group.flags[0].step)} />
      ))}
    </Toolbar>
  )
}

/** The kind that a group has the color of: its gravest. */
const gravest = (flags: readonly Flag[]): Flag['kind'] =>
  (['failure', 'warning', 'data', 'fork', 'rate', 'alpha', 'resumed', 'end'] as const).find((kind) =>
    flags.some((flag) => flag.kind === kind),
  ) ?? 'end'

function FlagButton({ group, onShow }: { readonly group: FlagGroup; readonly onShow: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const { x, flags, label, side } = group
  const texts = groupTexts(group)
  return (
    <TooltipTrigger isOpen={isOpen} onOpenChange={setOpen} delay={150} closeDelay={50}>
      <Button
        className={`flag flag-${gravest(flags)} ${side ?? 'bare'}`}
        data-flag={gravest(flags)}
        style={{ left: x }}
        onPress={() => {
          onShow()
          // A finger does not hover.
          setOpen(true)
        }}
      >
        <svg width="10" height="12" viewBox="0 0 10 12" aria-hidden="true">
          <path d="M1 12V1h8L6.5 4 9 7H1.5" fill="currentColor" stroke="currentColor" />
        </svg>
        <span className={side ? 'flag-label' : 'visually-hidden'}>{label}</span>
        <span className="visually-hidden">{texts.join('; ')}</span>
      </Button>
      <Tooltip className="tooltip" placement="top">
        {texts.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </Tooltip>
    </TooltipTrigger>
  )
}
