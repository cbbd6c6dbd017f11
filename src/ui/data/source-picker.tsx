/** Opens a dataset: CIFAR-10, dropped items, a selected folder or archive. */
import { type DragEvent, useRef } from 'react'
import { Button, type DropItem, DropZone, Text } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { readDropped } from '../controls/dropped.ts'
import { hasRuns, importZips } from '../runs/dropped-runs.ts'
import { ChooseArchives, ChooseFolder } from './choose.tsx'
import { droppedHandles, nameOf } from './handles.ts'

/** Imports a single zip of runs that was dropped here; false for everything else. */
async function takeRuns(items: readonly DropItem[]): Promise<boolean> {
  const [first] = items
  if (items.length !== 1 || first.kind !== 'file') return false
  const file = await first.getFile()
  if (!(await hasRuns(file))) return false
  await importZips([file])
  return true
}

async function takeDrop(items: readonly DropItem[], pending: Promise<readonly FileSystemHandle[]> | null) {
  const handles = (await pending) ?? []
  if (await takeRuns(items)) return
  if (handles.length > 0) return lab.readHandles(nameOf(handles, 'dropped'), handles)
  // This walks folders in the page, so it runs only without handles.
  const dropped = readDropped(items)
  if (dropped.kind === 'files') await lab.readFiles(dropped.name, dropped.files)
  else if (dropped.kind === 'archive') lab.readArchive(await dropped.file)
  else lab.refuseData('No file was dropped. Drop a folder of class folders, or archives of them.')
}

export function SourcePicker() {
  const locked = useLab(({ run, data }) => isActive(run.status) || data.status === 'reading')
  return (
    <div className="sources">
      <Button className="button wide" onPress={lab.readCifar10} isDisabled={locked}>
        Use CIFAR-10
      </Button>
      <p className="quiet">Built in: 60,000 small images in ten classes.</p>
      <DropArea locked={locked} />
    </div>
  )
}

/** The drop zone passes files without handles, so this gets the handles before the event reaches the zone. */
function DropArea({ locked }: { readonly locked: boolean }) {
  const pending = useRef<Promise<readonly FileSystemHandle[]> | null>(null)
  const ask = ({ dataTransfer }: DragEvent) => {
    pending.current = droppedHandles(dataTransfer)
  }
  const take = (items: readonly DropItem[]) => {
    const handles = pending.current
    pending.current = null
    return takeDrop(items, handles)
  }
  return (
    <div onDropCapture={ask}>
      <DropZone className="drop" onDrop={({ items }) => take(items)} isDisabled={locked}>
        <Text slot="label" className="drop-label">
          Drop an ImageNet subset
        </Text>
        <p className="quiet">
          A folder with one folder per class, or archives: .zip, .tar, .tar.gz, .parquet. Nothing leaves this machine.
        </p>
        <div className="button-row">
          <ChooseFolder locked={locked} />
          <ChooseArchives locked={locked} />
        </div>
      </DropZone>
    </div>
  )
}
