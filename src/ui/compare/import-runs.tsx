/** Imports runs from dropped or chosen zips, run folders and plan folders. */
import { Button, type DropItem, DropZone, FileTrigger, Text } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import { readChosen, readDropped } from '../controls/dropped.ts'

function takeDrop(items: readonly DropItem[]) {
  const dropped = readDropped(items)
  if (dropped.kind === 'files') void experiments.importRuns(dropped.name, dropped.files)
  if (dropped.kind === 'archive') {
    const file = dropped.file.then((own) => [{ path: own.name, file: own }])
    void experiments.importRuns('the dropped file', file)
  }
}

function takeFolder(files: FileList | null) {
  const chosen = readChosen(files ?? [])
  if (chosen) void experiments.importRuns(chosen.name, Promise.resolve(chosen.files))
}

function takeFiles(files: FileList | null) {
  const list = [...(files ?? [])].map((file) => ({ path: file.name, file }))
  const name = list.length === 1 ? list[0].path : `${list.length} chosen files`
  if (list.length > 0) void experiments.importRuns(name, Promise.resolve(list))
}

export const ImportRuns = () => (
  <DropZone className="run-drop" onDrop={({ items }) => takeDrop(items)}>
    <Text slot="label" className="drop-label">
      Drop runs
    </Text>
    <p className="quiet">Zips from “Export run”, and run or plan folders from the command line.</p>
    <div className="button-row">
      <FileTrigger acceptDirectory onSelect={takeFolder}>
        <Button className="button">Choose a run folder</Button>
      </FileTrigger>
      <FileTrigger allowsMultiple acceptedFileTypes={['.zip']} onSelect={takeFiles}>
        <Button className="button">Choose run zips</Button>
      </FileTrigger>
    </div>
  </DropZone>
)
