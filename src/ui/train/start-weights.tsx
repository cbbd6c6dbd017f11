/** Chooses the weights that the next run begins with: random ones, or those of a file. */
import { Button, DropZone, FileTrigger, Switch, Text } from 'react-aria-components'
import type { WeightsPart } from '../../protocol/weights-report.ts'
import { lab, useLab } from '../../store/lab.ts'
import type { WeightsState } from '../../store/state.ts'
import { isActive, loadedData } from '../../store/status.ts'
import { Choice } from '../controls/choices.tsx'
import { Fact } from '../data/fact.tsx'
import { bytes, count } from '../format.ts'
import './train.css'
import { type WeightsNote, weightsNotes } from './weights-notes.ts'

export function StartWeights() {
  const weights = useLab((state) => state.weights)
  const locked = useLab(({ run }) => isActive(run.status))
  return (
    <section className="start-weights" aria-label="Start from weights">
      {weights.status === 'ready' ? (
        <Chosen weights={weights} locked={locked} />
      ) : (
        <Choosing weights={weights} locked={locked} />
      )}
    </section>
  )
}

function take(file: File | undefined) {
  if (file) lab.chooseWeights(file)
}

interface Props<W = WeightsState> {
  readonly weights: W
  readonly locked: boolean
}

function Choosing({ weights, locked }: Props) {
  return (
    <DropZone
      className="drop-weights"
      isDisabled={locked}
      onDrop={async ({ items }) => {
        const item = items.find((one) => one.kind === 'file')
        if (item) lab.chooseWeights(await item.getFile())
        else lab.refuseWeights('No file was dropped. Drop a .safetensors file.')
      }}
    >
      <Text slot="label" className="quiet">
        {weights.status === 'reading'
          ? `Reading ${weights.file.name} …`
          : 'A run begins with random weights from the seed. Drop a .safetensors file with torchvision’s names here, such as an exported checkpoint, to begin with its weights.'}
      </Text>
      {weights.status === 'refused' && (
        <p className="note danger" role="alert">
          {weights.message}
        </p>
      )}
      <div className="button-row">
        <FileTrigger
          acceptedFileTypes={['.safetensors']}
          onSelect={(files) => {
            take(files?.[0])
          }}
        >
          <Button className="button" isDisabled={locked || weights.status === 'reading'}>
            Choose weights
          </Button>
        </FileTrigger>
        {weights.status === 'refused' && (
          <Button className="button" onPress={lab.removeWeights}>
            Use random weights
          </Button>
        )}
      </div>
    </DropZone>
  )
}

type Ready = Extract<WeightsState, { status: 'ready' }>

const partName = (prefix: string) => (prefix === '' ? 'no prefix' : prefix)

function Chosen({ weights, locked }: Props<Ready>) {
  const { report, prefix, freshClassifier } = weights
  const part = report.parts.find((one) => one.prefix === prefix)
  return (
    <>
      <dl className="facts">
        <Fact name="File">
          {report.file}, {bytes(report.bytes)}
        </Fact>
        <Fact name="SHA-256">
          <code title={report.sha256}>{report.sha256.slice(0, 12)}…</code>
        </Fact>
        {part && <PartFacts part={part} isOnly={report.parts.length === 1} />}
      </dl>
      {report.parts.length > 1 && (
        <Choice
          label="Names begin with"
          // The empty prefix also needs a key.
          value={prefix === null ? '' : `=${prefix}`}
          options={Object.fromEntries(report.parts.map((one) => [`=${one.prefix}`, partName(one.prefix)]))}
          onChange={(key) => lab.setWeightsPrefix(key.slice(1))}
          locked={locked}
        />
      )}
      <Switch
        className="switch"
        isSelected={freshClassifier}
        isDisabled={locked}
        onChange={(fresh) => lab.setFreshClassifier(fresh)}
      >
        <span className="switch-track" />
        Fresh classifier
      </Switch>
      {part && <Notes part={part} freshClassifier={freshClassifier} locked={locked} />}
      <Button className="button" isDisabled={locked} onPress={lab.removeWeights}>
        Use random weights
      </Button>
    </>
  )
}

interface PartProps {
  readonly part: WeightsPart
  /** Whether the file has no other part; else the beginning of the names is a choice. */
  readonly isOnly: boolean
}

function PartFacts({ part: { prefix, dtypes, classes, model }, isOnly }: PartProps) {
  return (
    <>
      {isOnly && prefix !== '' && <Fact name="Names begin with">{prefix}</Fact>}
      <Fact name="Numbers">{dtypes.join(', ')}</Fact>
      {model?.classes && (
        <Fact name="Classes">
          {count(model.classes)}
          {classes ? `: ${classes.slice(0, 3).join(', ')}${classes.length > 3 ? ', …' : ''}` : ', not named'}
        </Fact>
      )}
    </>
  )
}

interface NotesProps {
  readonly part: WeightsPart
  readonly freshClassifier: boolean
  readonly locked: boolean
}

function Notes({ part, freshClassifier, locked }: NotesProps) {
  const config = useLab((state) => state.config)
  const report = useLab((state) => loadedData(state.data)?.report)
  const ids = config.data.classes
  const all = report?.classes ?? []
  const classes = ids ? ids.flatMap((id) => all.find((one) => one.id === id) ?? []) : all
  return weightsNotes(part, freshClassifier, config.model, classes).map((note) => (
    <Note key={note.text} note={note} part={part} locked={locked} />
  ))
}

function Note({ note, part, locked }: { readonly note: WeightsNote } & Omit<NotesProps, 'freshClassifier'>) {
  if (note.tone === 'quiet') return <p className="quiet">{note.text}</p>
  return (
    <div className="note warning">
      <p>{note.text}</p>
      {note.cure === 'fresh' && (
        <Button className="button" isDisabled={locked} onPress={() => lab.setFreshClassifier(true)}>
          Begin with a fresh classifier
        </Button>
      )}
      {note.cure === 'model' && part.model && (
        <Button className="button" isDisabled={locked} onPress={() => adoptModel(part)}>
          Use this model
        </Button>
      )}
    </div>
  )
}

function adoptModel({ model }: WeightsPart) {
  for (const key of ['blocks', 'width', 'block', 'stem'] as const)
    if (model) lab.setConfigValue(`model.${key}`, model[key])
}
