import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseAdapter, namesIn, pciAddresses } from './adapters.ts'

interface MachineGpu {
  readonly name: string
  readonly address: string
}

const h100 = (address: string): MachineGpu => ({ name: 'NVIDIA H100', address })
/** In the order of the driver, which need not be that of the bus. */
const server = [h100('0000:65:00.0'), h100('0000:17:00.0'), { name: 'NVIDIA H100 PCIe', address: '0000:98:00.0' }]

/** The adapters as a process sees them, with Mesa's layer or without it. */
const listOf = (gpus: readonly MachineGpu[], layer: boolean) => async (env: Readonly<Record<string, string>>) => {
  const only = gpus.filter(({ address }) => env.DRI_PRIME === `pci-${address.replaceAll(/[:.]/g, '_')}!`)
  return (layer && only.length > 0 ? only : gpus).map(({ name }) => name)
}

/** The address of a display controller without a Vulkan driver comes first. */
const addresses = ['0000:03:00.0', ...server.map(({ address }) => address).sort()]

describe('the adapter with a number', () => {
  it('is taken by its name where no other adapter has that as a part', async () => {
    const list = listOf([h100('0000:65:00.0'), { name: 'llvmpipe', address: '' }], false)
    expect(await chooseAdapter(0, list, [])).toEqual({ flags: ['adapter=NVIDIA H100'], env: {} })
    expect(await chooseAdapter(1, list, [])).toEqual({ flags: ['adapter=llvmpipe'], env: {} })
    expect(await chooseAdapter(0, listOf([h100('')], false), [])).toEqual({ flags: [], env: {} })
  })

  it('is another one for each number by their addresses where Mesa’s layer is installed', async () => {
    const list = listOf(server, true)
    const chosen = await Promise.all([0, 1, 2].map((index) => chooseAdapter(index, list, addresses)))
    expect(chosen).toEqual([
      { flags: [], env: { DRI_PRIME: 'pci-0000_17_00_0!' } },
      { flags: [], env: { DRI_PRIME: 'pci-0000_65_00_0!' } },
      { flags: ['adapter=NVIDIA H100 PCIe'], env: {} },
    ])
  })

  it('is refused where nothing tells it from another one, and where no adapter has it', async () => {
    const list = listOf(server, false)
    expect(await chooseAdapter(0, list, addresses)).toEqual({ flags: ['adapter=NVIDIA H100'], env: {} })
    await expect(chooseAdapter(1, list, addresses)).rejects.toThrow(
      /GPU 1 cannot be told from GPU 0 \(0: NVIDIA H100, 1: NVIDIA H100, 2: NVIDIA H100 PCIe\): install .* container/,
    )
    await expect(chooseAdapter(3, list, addresses)).rejects.toThrow(/no GPU 3 \(have 0: NVIDIA H100, 1: /)
    await expect(chooseAdapter(0, async () => [], [])).rejects.toThrow(/no GPU 0 \(have none\)/)
  })

  it('comes from what Dawn and the system list', () => {
    const answer = "no suitable backends found\nAvailable adapters:\n * backend: 'vulkan', name: 'It's (A, 1)'"
    expect(namesIn(`${answer}\n * backend: 'null', name: 'B'`)).toEqual(["It's (A, 1)", 'B'])
    const bus = mkdtempSync(join(tmpdir(), 'lab-pci-'))
    for (const [address, kind] of [
      ['0000:65:00.0', '0x030200'],
      ['0000:17:00.0', '0x120000'],
      ['0000:01:00.0', '0x020000'],
    ]) {
      mkdirSync(join(bus, address))
      writeFileSync(join(bus, address, 'class'), `${kind}\n`)
    }
    expect(pciAddresses(bus)).toEqual(['0000:17:00.0', '0000:65:00.0'])
    expect(pciAddresses(join(bus, 'none'))).toEqual([])
    rmSync(bus, { recursive: true })
  })
})
