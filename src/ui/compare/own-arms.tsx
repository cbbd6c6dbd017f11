/** Editor for custom arms: a name, and the changed values of the configuration. */
import { Button } from 'react-aria-components'
import type { DraftArm } from '../../store/experiments/first-draft.ts'
import { experiments } from '../../store/experiments/page.ts'

export function OwnArms({ arms }: { readonly arms: readonly DraftArm[] }) {
  const change = (at: number, partial: Partial<DraftArm>) =>
    experiments.setDraft({ arms: arms.map((arm, i) => (i === at ? { ...arm, ...partial } : arm)) })
  const remove = (at: number) => experiments.setDraft({ arms: arms.filter((_, i) => i !== at) })
  return (
    <div className="own-arms">
      {arms.map((arm, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: arms have no other identity while their names are typed
        <fieldset key={i} className="own-arm">
          <legend className="visually-hidden">Arm {i + 1}</legend>
          <div className="own-arm-head">
            <input
              className="input"
              aria-label={`Name of arm ${i + 1}`}
              value={arm.name}
              onChange={({ target }) => change(i, { name: target.value })}
            />
            <Button
              className="button icon-button"
              aria-label={`Remove arm ${i + 1}`}
              isDisabled={arms.length === 1}
              onPress={() => remove(i)}
            >
              ×
            </Button>
          </div>
          <textarea
            className="input changes"
            aria-label={`Changes of arm ${i + 1}, one key=value per line`}
            rows={Math.max(2, arm.changes.split('\n').length)}
            spellCheck={false}
            placeholder="optimizer.learningRate=0.05"
            value={arm.changes}
            onChange={({ target }) => change(i, { changes: target.value })}
          />
        </fieldset>
      ))}
      <Button
        className="button quiet-button"
        onPress={() => experiments.setDraft({ arms: [...arms, { name: `arm-${arms.length + 1}`, changes: '' }] })}
      >
        Add an arm
      </Button>
    </div>
  )
}
