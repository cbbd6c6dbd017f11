import { useLab } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { count } from '../format.ts'
import { parameterCount, unitCount } from './parameter-count.ts'
import { Presets } from './presets.tsx'
import './model.css'

/** The number of classes for the parameter count before a dataset is open. */
const typicalClasses = 1000

export function ModelPanel() {
  const model = useLab(({ config }) => config.model)
  const chosen = useLab(({ config }) => config.data.classes?.length)
  const found = useLab(({ data }) => loadedData(data)?.report.classes.length)
  const classes = chosen ?? found ?? typicalClasses
  return (
    <>
      <Presets />
      <LockedNote />
      <FieldGroups section="model" />
      <p className="model-size">
        <b>{count(parameterCount(model, classes))}</b> parameters with {count(classes)} classes,{' '}
        <b>{count(unitCount(model))}</b> units in {model.blocks.reduce((sum, depth) => sum + depth, 0)} sites
      </p>
    </>
  )
}
