/** Places flags on the time line: flags that stand close together become one, and a label stands where there is room. */
import type { Flag } from './time-line-model.ts'

/** Flags at one place, in order. `x` in pixels. */
export interface FlagGroup {
  readonly x: number
  readonly flags: readonly Flag[]
  readonly label: string
  /** The side of the flag on which its label stands; null where neither has room. */
  readonly side: 'right' | 'left' | null
}

/** Distance between flags that a finger can hit, in pixels. */
export const nearest = 24
/** Width of a flag, and of a character of a label at most. */
const [flagWidth, characterWidth] = [12, 6.2] as const

const names: Readonly<Record<Flag['kind'], string>> = {
  alpha: 'changes of α',
  rate: 'changes of the rate',
  warning: 'warnings',
  data: 'changes of images',
  resumed: 'resumptions',
  fork: 'forks',
  end: 'ends',
  failure: 'failures',
}

function labelOf(flags: readonly Flag[]): string {
  if (flags.length === 1) return flags[0].short
  const isOfOneKind = flags.every(({ kind }) => kind === flags[0].kind)
  return `${flags.length} ${isOfOneKind ? names[flags[0].kind] : 'events'}`
}

const widthOf = (label: string) => label.length * characterWidth

/** Groups in order of x, which is not smaller than `nearest` between two of them. */
function grouped(flags: readonly Flag[], at: (step: number) => number): { x: number; flags: Flag[] }[] {
  const groups: { x: number; flags: Flag[] }[] = []
  for (const flag of flags) {
    const x = at(flag.step)
    const last = groups.at(-1)
    if (last && x - last.x < nearest) last.flags.push(flag)
    else groups.push({ x, flags: [flag] })
  }
  return groups
}

/** The flags of a time line of this width. A label stands to the right of its flag, else to the left. */
export function flagGroups(flags: readonly Flag[], at: (step: number) => number, width: number): FlagGroup[] {
  const groups = grouped(flags, at)
  let taken = 0
  return groups.map(({ x, flags: own }, i) => {
    const label = labelOf(own)
    const room = (groups[i + 1]?.x ?? width) - x - flagWidth
    const isRight = widthOf(label) <= room
    const isLeft = !isRight && x - widthOf(label) >= taken
    taken = x + flagWidth + (isRight ? widthOf(label) : 0)
    return { x, flags: own, label, side: isRight ? 'right' : isLeft ? 'left' : null }
  })
}

/** Sentences of a group in its hint; the list of all events has the rest. */
const mostTexts = 4

export const momentText = ({ step, epoch }: Pick<Flag, 'step' | 'epoch'>): string =>
  `epoch ${epoch.toFixed(2)}, step ${step}`

/** The sentences of a group's hint. */
export function groupTexts({ flags }: Pick<FlagGroup, 'flags'>): string[] {
  const texts = flags.slice(0, mostTexts).map((flag) => `${momentText(flag)}: ${flag.text}`)
  const more = flags.length - texts.length
  return more > 0 ? [...texts, `and ${more} more`] : texts
}
