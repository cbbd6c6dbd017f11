/** Explains why the lab cannot train in this browser, and lists browsers that can. */
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { DeviceState } from '../../store/state.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { More } from '../controls/more.tsx'

type Refused = Extract<DeviceState, { status: 'refused' }>

const headlines: Readonly<Record<Refused['reason'], string>> = {
  'no-webgpu': 'This browser does not offer WebGPU',
  'no-adapter': 'WebGPU found no graphics adapter',
  'self-test': 'The graphics driver computes wrong numbers',
  error: 'The GPU could not be started',
}

const found = ({ reason, message }: Refused): readonly string[] => [
  `Reason: ${reason}`,
  `Message: ${message}`,
  `navigator.gpu: ${'gpu' in navigator ? 'present' : 'missing'}`,
  `Secure context: ${window.isSecureContext ? 'yes' : 'no (WebGPU needs https or localhost)'}`,
  `Browser: ${navigator.userAgent}`,
]

export function NoWebGpu() {
  const device = useLab((state) => state.device)
  if (device.status !== 'refused') return null
  const lines = found(device)
  return (
    <section className="notice danger" aria-label="No WebGPU">
      <h2>{headlines[device.reason]}</h2>
      <p>Training needs the GPU, so it cannot start here. You can still look at datasets, examples and stored runs.</p>
      <Advice reason={device.reason} />
      <More title="What was found">
        <ul className="found-list">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </More>
      <div className="button-row">
        <Button className="button" onPress={lab.open}>
          Try again
        </Button>
        <CopyButton text={lines.join('\n')} label="Copy details" />
      </div>
    </section>
  )
}

function Advice({ reason }: { reason: Refused['reason'] }) {
  if (reason === 'self-test') {
    return (
      <p>
        The lab computed a small convolution on the GPU and on the CPU, and the results differ. Update the graphics
        driver or the browser, or use another machine. Results from this GPU would be wrong.
      </p>
    )
  }
  return (
    <>
      <h3>Supported browsers</h3>
      <ul>
        <li>Chrome or Edge 113 and later on Windows, macOS and ChromeOS.</li>
        <li>
          Chrome on Linux: open <code>chrome://flags/#enable-unsafe-webgpu</code> and{' '}
          <code>chrome://flags/#enable-vulkan</code>, enable both and restart; a Vulkan driver must be installed.
        </li>
        <li>
          On every system, graphics acceleration must be on in the browser’s settings. <code>chrome://gpu</code> lists
          the GPUs that the browser found.
        </li>
      </ul>
    </>
  )
}
