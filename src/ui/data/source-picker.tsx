/** The ways to bring data in. */
import { Button, type DropItem, DropZone, FileTrigger, Text } from 'react-aria-components'
import { readArchive, readCifar10, readFiles, refuseData, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { type Dropped, readChosen, readChosenArchives, readDropped } from './dropped.ts'

async function take(dropped: Dropped) {
  if (dropped.kind === 'files') await readFiles(dropped.name, dropped.files)
  if (dropped.kind === 'archive') readArchive(await dropped.file)
}

async function takeDrop(items: readonly DropItem[]) {
  const dropped = readDropped(items)
  if (dropped.kind === 'nothing')
    refuseData('No file was dropped. Drop a folder of class folders, or archives of them.')
  await take(dropped)
}

async function takeFolder(files: FileList | null) {
  const chosen = readChosen(files ?? [])
  if (chosen) await readFiles(chosen.name, chosen.files)
  else if (files) refuseData('The chosen folder is empty. Choose a folder of class folders with images.')
}

const takeArchives = (files: FileList | null) => take(readChosenArchives(files ?? []))

const archiveTypes = ['.zip', '.tar', '.tgz', '.gz', '.parquet', '.txt', '.csv']

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
          A folder of class folders (or train/ and val/); archives as ImageNet, Tiny ImageNet, WebDataset and the
          Hugging Face hub have them: .zip, .tar, .tar.gz, .parquet. Nothing leaves this machine.
        </p>
        <div className="button-row">
          <FileTrigger acceptDirectory onSelect={takeFolder}>
            <Button className="button" isDisabled={locked}>
              Choose a folder
            </Button>
          </FileTrigger>
          <FileTrigger allowsMultiple acceptedFileTypes={archiveTypes} onSelect={takeArchives}>
            <Button className="button" isDisabled={locked}>
              Choose archives
            </Button>
          </FileTrigger>
        </div>
      </DropZone>
    </div>
  )
}
