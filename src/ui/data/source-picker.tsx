/** The ways to bring data in. */
import { Button, type DropItem, DropZone, FileTrigger, Text } from 'react-aria-components'
import { readArchive, readCifar10, readFiles, refuseData, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { readChosen, readDropped } from './dropped.ts'

async function takeDrop(items: readonly DropItem[]) {
  const dropped = readDropped(items)
  if (dropped.kind === 'nothing') refuseData('No file was dropped. Drop a folder of class folders, a .zip or a .tar.')
  if (dropped.kind === 'files') await readFiles(dropped.name, dropped.files)
  if (dropped.kind === 'archive') readArchive(await dropped.file)
}

async function takeFolder(files: FileList | null) {
  const chosen = readChosen(files ?? [])
  if (chosen) await readFiles(chosen.name, chosen.files)
  else if (files) refuseData('The chosen folder is empty. Choose a folder of class folders with images.')
}

function takeArchive(files: FileList | null) {
  const file = files?.[0]
  if (file) readArchive(file)
}

export function SourcePicker() {
  const locked = useLab(({ run, data }) => isActive(run.status) || data.status === 'reading')
  return (
    <div className="sources">
      <Button className="button wide" onPress={readCifar10} isDisabled={locked}>
        Use CIFAR-10
      </Button>
      <p className="quiet">Built in: 60,000 images of 32×32 in ten classes.</p>
      <DropZone className="drop" onDrop={({ items }) => takeDrop(items)} isDisabled={locked}>
        <Text slot="label" className="drop-label">
          Drop an ImageNet subset
        </Text>
        <p className="quiet">
          A folder of class folders (or train/ and val/), a .zip or a .tar. Nothing leaves this machine.
        </p>
        <div className="button-row">
          <FileTrigger acceptDirectory onSelect={takeFolder}>
            <Button className="button" isDisabled={locked}>
              Choose a folder
            </Button>
          </FileTrigger>
          <FileTrigger acceptedFileTypes={['.zip', '.tar']} onSelect={takeArchive}>
            <Button className="button" isDisabled={locked}>
              Choose an archive
            </Button>
          </FileTrigger>
        </div>
      </DropZone>
    </div>
  )
}
