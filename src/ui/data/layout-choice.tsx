/** Reads the folders of a source again, with another layout. */
import { type LayoutName, layouts } from '../../config/layout.ts'
import type { LayoutReport } from '../../protocol/data-report.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { Choice } from '../controls/choices.tsx'
import { layoutOptions, layoutTexts } from './layout-text.ts'

interface Props {
  readonly label: string
  readonly value: LayoutName
  readonly options: Readonly<Record<string, string>>
}

function LayoutSelect({ label, value, options }: Props) {
  const locked = useLab(({ run, data }) => isActive(run.status) || data.status === 'reading')
  const read = (name: string) => {
    const layout = layouts.find((one) => one === name)
    if (layout) lab.readAs(layout)
  }
  return <Choice label={label} value={value} options={options} onChange={read} locked={locked} />
}

/** The layouts that give other classes or splits than the one that was read. Nothing where there are none. */
export function LayoutChoice({ layout }: { readonly layout: LayoutReport }) {
  if (layout.alternatives.length === 0 && layout.chosen === 'auto') return null
  return <LayoutSelect label="Read folders as" value={layout.chosen} options={layoutOptions(layout)} />
}

/** All layouts, for a source that cannot be read with the one that was tried. */
export const RefusedLayout = ({ tried }: { readonly tried: LayoutName }) => (
  <LayoutSelect label="Read its folders as" value={tried} options={layoutTexts} />
)
