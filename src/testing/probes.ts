/** Probes of a network's units with made-up numbers, for tests. */
import type { ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { stream } from '../random.ts'
import type { UnitsLayout } from '../runs/format/units.ts'

export const toySites: UnitsLayout = [
  { name: 'layer1.0', module: 'layer1', units: 3 },
  { name: 'layer2.0', module: 'layer2', units: 2 },
]

/** The sites of a ResNet-50: 16 of them with 15,104 units. */
export const resnet50Sites: UnitsLayout = [3, 4, 6, 3].flatMap((blocks, i) =>
  Array.from({ length: blocks }, (_, block) => ({
    name: `layer${i + 1}.${block}`,
    module: `layer${i + 1}`,
    units: 256 * 2 ** i,
  })),
)

const digits = (value: number) => Number(value.toPrecision(8))

/** The units of a probe: numbers of eight digits as the lab records them, a dead unit and a value that is not finite. */
export function madeSites(layout: UnitsLayout, seed: number): SiteProbe[] {
  const random = stream(seed, 'units')
  return layout.map(({ name, module, units }, site) => {
    const numbers = (of: () => number) => Array.from({ length: units }, of)
    const selectivity = numbers(() => digits(random.uniform()))
    if (site === 0) selectivity[0] = Number.NaN
    return {
      site: name,
      module,
      selectivity,
      floor: numbers(() => digits(random.uniform() / 4)),
      preferredClass: numbers(() => random.integer(1000)),
      dead: numbers(() => (random.uniform() < 0.1 ? 1 : 0)),
    }
  })
}

const summary = { floor: 0.25, lower: 0.4, upper: 0.6, floorLower: 0.2, floorUpper: 0.3, dead: 0 }

export function madeProbe(layout: UnitsLayout, step: number, epoch: number, seed = step): ProbeEvent {
  const modules = [...new Set(layout.map(({ module }) => module))]
  const selectivity = digits(stream(seed, 'means').uniform())
  return {
    type: 'probe',
    step,
    epoch,
    images: 6,
    network: { selectivity, floor: 0.25 },
    modules: modules.map((module) => ({ module, units: 2, selectivity, ...summary })),
    sites: madeSites(layout, seed),
  }
}
