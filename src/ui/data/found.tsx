/** The report of an open dataset: facts, plots, notes, and details in disclosures. */
import { classOrderTexts } from '../../class-order.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import { sourceName } from '../../store/names.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { More } from '../controls/more.tsx'
import { bytes, count } from '../format.ts'
import { ClassBalance } from './class-balance.tsx'
import { Duplicates } from './duplicates.tsx'
import { Fact } from './fact.tsx'
import { checkedText, colorsText, formatsText, perClassText, sizesText } from './facts.ts'
import { LayoutChoice } from './layout-choice.tsx'
import { SizeHistogram } from './size-histogram.tsx'
import { Unreadable } from './unreadable.tsx'

export function Found({ report, side }: { readonly report: DataReport; readonly side: number }) {
  const { source, classes, classOrder, images, sizes, fingerprint, notes } = report
  return (
    <div className="found">
      <dl className="facts">
        <Fact name="Dataset">{sourceName(source)}</Fact>
        <Fact name="Classes">{count(classes.length)}</Fact>
        <Fact name="Order of classes">{classOrderTexts[classOrder]}</Fact>
        <Fact name="Training images">{count(images.train)}</Fact>
        <Fact name="Validation images">{count(images.validation)}</Fact>
        <Fact name="Per class">{perClassText(classes)}</Fact>
        {sizesText(sizes) && <Fact name="Sizes">{sizesText(sizes)}</Fact>}
        {report.layout && <Fact name="Layout">{report.layout.text}</Fact>}
        <Fact name="Fingerprint">
          <Hash value={fingerprint} name="the fingerprint" />
        </Fact>
      </dl>
      {report.layout && <LayoutChoice layout={report.layout} />}
      <Plots report={report} side={side} />
      {notes.length > 0 && (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <Unreadable unreadable={report.unreadable} />
      <Duplicates duplicates={report.duplicates} leaked={report.leaked} />
      <Details report={report} />
    </div>
  )
}

/** Plots of image sizes and of images per class. Equal values need no plot. */
function Plots({ report: { classes, sizes }, side }: { readonly report: DataReport; readonly side: number }) {
  const even = classes.every(({ train }) => train === classes[0].train)
  if (even && sizes.histogram.length < 2) return null
  return (
    <div className="small-plots">
      {sizes.histogram.length > 1 && <SizeHistogram histogram={sizes.histogram} side={side} />}
      {!even && <ClassBalance classes={classes} />}
    </div>
  )
}

function Details({ report }: { readonly report: DataReport }) {
  const { colors, formats, contents } = report
  return (
    <More title="Files and contents">
      <dl className="facts">
        {report.bytes > 0 && <Fact name="Files">{bytes(report.bytes)}</Fact>}
        {formatsText(formats) && <Fact name="Formats">{formatsText(formats)}</Fact>}
        {colorsText(colors) && <Fact name="Color modes">{colorsText(colors)}</Fact>}
        <Fact name="Checked">{checkedText(report)}</Fact>
        <Fact name="Contents">
          {contents ? <Hash value={contents} name="the contents’ fingerprint" /> : 'not all images were read'}
        </Fact>
      </dl>
      <CopyButton text={() => JSON.stringify(report, null, 2)} label="Copy report" />
    </More>
  )
}

function Hash({ value, name }: { readonly value: string; readonly name: string }) {
  return (
    <>
      <code title={value}>{value.slice(0, 12)}…</code>
      <CopyButton text={value} label={`Copy ${name}`} short="Copy" />
    </>
  )
}
