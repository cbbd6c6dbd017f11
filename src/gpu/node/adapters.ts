/** Chooses one of a machine's adapters by its number. Dawn chooses by a part of a name only, and equal GPUs have equal names. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Thrown for a number that no adapter has, and where adapters cannot be told apart. */
export class AdapterError extends Error {
  override name = 'AdapterError'
}

/** What makes Dawn take an adapter. */
export interface AdapterChoice {
  /** Flags for Dawn. */
  readonly flags: readonly string[]
  /** Variables that the process must have before Dawn opens the driver. */
  readonly env: Readonly<Record<string, string>>
}

/** Lists the names of the adapters, as a process with these variables sees them. */
export type ListAdapters = (env: AdapterChoice['env']) => Promise<readonly string[]>

/** No adapter has this as a part of its name. */
export const noName = '?'

/** The names in Dawn's answer to a request for an adapter that does not exist. */
export const namesIn = (answer: string): string[] =>
  [...answer.matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name)

const listText = (names: readonly string[]): string => names.map((name, i) => `${i}: ${name}`).join(', ')

const pciDevices = '/sys/bus/pci/devices'

/** Display controllers, and accelerators without a display. */
const gpuClass = /^0x(03|12)/

/** The addresses of the machine's GPUs on the PCI bus, in order, as `0000:65:00.0`; none where the system does not tell. */
export function pciAddresses(folder = pciDevices): string[] {
  try {
    const isGpu = (address: string) => gpuClass.test(readFileSync(join(folder, address, 'class'), 'utf8'))
    return readdirSync(folder).filter(isGpu).sort()
  } catch {
    return []
  }
}

/** Makes Mesa's Vulkan layer, where it is installed, show the GPU at this address only, with the driver of any vendor. */
const onlyAt = (address: string) => ({ DRI_PRIME: `pci-${address.replaceAll(/[:.]/g, '_')}!` })

const single: AdapterChoice = { flags: [], env: {} }

/** The variables that show nothing but the adapter with this name and this rank among those with the name; null without the layer. */
async function byAddress(
  name: string,
  rank: number,
  list: ListAdapters,
  addresses: readonly string[],
): Promise<AdapterChoice | null> {
  let found = 0
  for (const address of addresses) {
    const env = onlyAt(address)
    const names = await list(env)
    if (names.length === 1 && names[0] === name && found++ === rank) return { flags: [], env }
  }
  return null
}

/** Chooses the adapter with this number, from 0. Rejects with AdapterError. `addresses`: of the machine's GPUs, in order. */
export async function chooseAdapter(
  index: number,
  list: ListAdapters,
  addresses: readonly string[],
): Promise<AdapterChoice> {
  const names = await list({})
  if (index >= names.length) throw new AdapterError(`no GPU ${index} (have ${listText(names) || 'none'})`)
  if (names.length === 1) return single
  const name = names[index]
  const alike = names.flatMap((other, i) => (other.includes(name) ? [i] : []))
  if (alike.length === 1) return { flags: [`adapter=${name}`], env: {} }
  const rank = names.slice(0, index).filter((other) => other === name).length
  const choice = await byAddress(name, rank, list, addresses)
  if (choice) return choice
  // Dawn takes the first whose name has this part.
  if (alike[0] === index) return { flags: [`adapter=${name}`], env: {} }
  throw new AdapterError(
    `GPU ${index} cannot be told from GPU ${alike[0]} (${listText(names)}): install Mesa's Vulkan layer (Debian's mesa-vulkan-drivers), or give each GPU a container of its own`,
  )
}
