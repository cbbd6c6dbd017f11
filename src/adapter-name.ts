/** The name of a GPU for display, from what the browser or Dawn reports of its adapter. */
import type { AdapterReport } from './protocol/environment.ts'

/** Words of devices that are written in a way of their own. */
const spellings: Readonly<Record<string, string>> = {
  nvidia: 'NVIDIA',
  amd: 'AMD',
  geforce: 'GeForce',
  rtx: 'RTX',
  gtx: 'GTX',
  rx: 'RX',
  xt: 'XT',
  xtx: 'XTX',
  hd: 'HD',
  uhd: 'UHD',
}

const spelled = (word: string): string =>
  spellings[word] ?? (/\d/.test(word) ? word.toUpperCase() : word.replace(/^./, (first) => first.toUpperCase()))

/** `nvidia-h200` → `NVIDIA H200`. */
const deviceName = (device: string): string => device.split('-').filter(Boolean).map(spelled).join(' ')

/** Dawn describes an adapter by its driver: `NVIDIA: 580.159.04 580.159.4.0`, `Metal driver on macOS Version 14.5`. */
const namesDriver = (description: string): boolean => /: .*\d+\.\d+|\bdriver\b/i.test(description)

/** WebGPU's form of a device's name. Some browsers report a number instead. */
const isName = (device: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)+-?$/.test(device)

type Described = Pick<AdapterReport, 'vendor' | 'architecture' | 'device' | 'description' | 'software'>

/** `NVIDIA H200`, or `SwiftShader (software)`. Records of earlier versions have the description of the driver as the name. */
export function adapterName({ vendor, architecture, device, description, software }: Described): string {
  const described = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter'
  if (software) return `${/swiftshader/i.test(device + described) ? 'SwiftShader' : described} (software)`
  return namesDriver(description) && isName(device) ? deviceName(device) : described
}
