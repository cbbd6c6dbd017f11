/** What is known about an open dataset, and what a run takes of it. */
import { sideOf } from '../../config/side.ts'
import { useLab } from '../../store/lab.ts'
import type { LoadedData } from '../../store/state.ts'
import { Audit } from './audit.tsx'
import { ClassChoice } from './class-choice.tsx'
import { Found } from './found.tsx'
import { Samples } from './samples.tsx'
import { ThisRun } from './this-run.tsx'

export function Loaded({ loaded }: { readonly loaded: LoadedData }) {
  const side = useLab(({ config }) => sideOf(config.data))
  const { report, samples } = loaded
  return (
    <>
      <Audit />
      <Samples samples={samples} classes={report.classes} />
      <Found report={report} side={side} />
      <ThisRun loaded={loaded} />
      <ClassChoice report={report} />
    </>
  )
}
