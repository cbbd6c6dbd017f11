/** The device's name. A press opens its details, the GPU memory in use, and the work on the GPU. */
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components'
import { useLab } from '../../store/lab.ts'
import type { DeviceState } from '../../store/state.ts'
import { later } from '../boundary/later.tsx'

const DeviceDetails = later(async () => (await import('./device-details.tsx')).DeviceDetails)

function nameOf(device: DeviceState): string {
  if (device.status === 'starting') return 'Looking for a GPU…'
  return device.status === 'refused' ? 'No usable GPU' : device.adapter.name.replace(/ \(software\)$/, '')
}

export function Device() {
  const device = useLab((state) => state.device)
  const slow = device.status === 'ready' && device.adapter.software
  const name = nameOf(device)
  return (
    <DialogTrigger>
      <Button
        className={device.status === 'refused' ? 'button device device-refused' : 'button device'}
        aria-label={`Device: ${name}${slow ? ', software' : ''}`}
      >
        <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 4h8v8H4zM6.5 1v3M9.5 1v3M6.5 12v3M9.5 12v3M1 6.5h3M1 9.5h3M12 6.5h3M12 9.5h3" />
        </svg>
        <span className="device-name">{name}</span>
        {slow && <span className="badge">software</span>}
      </Button>
      <Popover className="popover device-popover" placement="bottom end">
        <Dialog className="dialog">
          <Heading slot="title">Device</Heading>
          <DeviceDetails />
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
