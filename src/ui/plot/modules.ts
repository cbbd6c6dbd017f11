/** The modules of a network: one color and dash for each in every chart. */
import type { Run } from '../../runs/reduce.ts'
import type { LegendItem } from '../figure/legend-item.ts'

export const modules = ['layer1', 'layer2', 'layer3', 'layer4'] as const
export type ModuleName = (typeof modules)[number]

/** The color and dash of each module in all charts. */
export const moduleStyle: Readonly<Record<ModuleName, { readonly color: string; readonly dash: string | undefined }>> =
  {
    layer1: { color: '--module-layer1', dash: undefined },
    layer2: { color: '--module-layer2', dash: '7 3' },
    layer3: { color: '--module-layer3', dash: '2 3' },
    layer4: { color: '--module-layer4', dash: '8 3 2 3' },
  }

export const isModule = (name: string): name is ModuleName => Object.hasOwn(moduleStyle, name)

/** The modules that the run's probes measured, in order. */
export const modulesOf = (run: Run): ModuleName[] =>
  (run.probes[0]?.modules ?? []).map(({ module }) => module).filter(isModule)

export const lineStyle = (name: string) => (isModule(name) ? moduleStyle[name] : { color: '--accent', dash: undefined })

export const moduleLegend = (modules: readonly string[]): LegendItem[] =>
  modules.map((module) => ({ key: module, label: module, ...lineStyle(module), shape: 'line' }))
