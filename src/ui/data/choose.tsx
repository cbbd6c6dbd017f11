/** Buttons that select a folder or archives: with file pickers where the browser has them, else with file inputs. */
import { Button, FileTrigger } from 'react-aria-components'
import { messageOf } from '../../message.ts'
import { lab } from '../../store/lab.ts'
import { readChosen, readChosenArchives } from '../controls/dropped.ts'
import { nameOf } from './handles.ts'

const extensions = ['.zip', '.tar', '.tgz', '.gz', '.parquet', '.txt', '.csv']
const archives = { description: 'Archives and label lists', accept: { 'application/octet-stream': extensions } }

/** Reads the picked items. Closing the picker is no error. */
async function takePicked(picked: Promise<readonly FileSystemHandle[]>) {
  try {
    const handles = await picked
    if (handles.length > 0) lab.readHandles(nameOf(handles, 'chosen'), handles)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return
    lab.refuseData(`The selection could not be opened: ${messageOf(error)} Drop it here instead.`)
  }
}

async function takeFolder(files: FileList | null) {
  const chosen = readChosen(files ?? [])
  if (chosen) await lab.readFiles(chosen.name, chosen.files)
  else if (files) lab.refuseData('The selected folder is empty. Select a folder with one folder of images per class.')
}

async function takeArchives(files: FileList | null) {
  const chosen = readChosenArchives(files ?? [])
  if (chosen.kind === 'files') await lab.readFiles(chosen.name, chosen.files)
  if (chosen.kind === 'archive') lab.readArchive(await chosen.file)
}

/** An automated browser cannot operate the system's pickers, but it can fill file inputs. */
const hasPickers = () => !navigator.webdriver && 'showDirectoryPicker' in window && 'showOpenFilePicker' in window

interface Props {
  readonly locked: boolean
}

export function ChooseFolder({ locked }: Props) {
  const pick = () => {
    const picked = window.showDirectoryPicker?.({ id: 'data', mode: 'read' })
    if (picked) void takePicked(picked.then((folder) => [folder]))
  }
  if (hasPickers())
    return (
      <Button className="button" isDisabled={locked} onPress={pick}>
        Choose a folder
      </Button>
    )
  return (
    <FileTrigger acceptDirectory onSelect={takeFolder}>
      <Button className="button" isDisabled={locked}>
        Choose a folder
      </Button>
    </FileTrigger>
  )
}

export function ChooseArchives({ locked }: Props) {
  const pick = () => {
    const picked = window.showOpenFilePicker?.({ id: 'data', multiple: true, types: [archives] })
    if (picked) void takePicked(picked)
  }
  if (hasPickers())
    return (
      <Button className="button" isDisabled={locked} onPress={pick}>
        Choose an archive
      </Button>
    )
  return (
    <FileTrigger allowsMultiple acceptedFileTypes={extensions} onSelect={takeArchives}>
      <Button className="button" isDisabled={locked}>
        Choose an archive
      </Button>
    </FileTrigger>
  )
}
