import { useLab } from '../../store/lab.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'
import { count } from '../format.ts'
import { parameterCount, unitCount } from './parameter-count.ts'
import { Presets } from './presets.tsx'
import { useClassCount } from './use-class-count.ts'
import './model.css'

export function ModelPanel() {
  const model = useLab(({ config }) => config.model)
  const classes = useClassCount()
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
