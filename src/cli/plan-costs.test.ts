import { expect, it } from 'vitest'
import type { RunEvent } from '../protocol/run-events.ts'
import { openRunWriter } from '../runs/format/writer.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { madeProbe, resnet50Sites } from '../testing/probes.ts'
import { bytesOf } from './plan-costs.ts'

it('the bytes of an event are those that the folder of a run grows by', async () => {
  const files = memoryFiles()
  const size = () => [...files.contents.values()].reduce((sum, { length }) => sum + length, 0)
  const writer = await openRunWriter(files, { name: 'mine', now: () => 0, csv: true })
  await writer.record({ ...startEvent, sites: resnet50Sites.slice(), time: 0 })
  const scores = { images: 6, loss: 2, crossEntropy: 2, top1: 0.1, top5: 1 }
  const { time: _, ...step } = stepEvent(1, 0)
  const events: RunEvent[] = [
    madeProbe(resnet50Sites, 0, 0),
    step,
    { type: 'evaluation', split: 'validation', step: 1, epoch: 0.1, ...scores },
  ]
  for (const event of events) {
    const before = size()
    await writer.record({ ...event, time: 1e6 })
    // The checksum in the line of a probe has up to ten digits.
    expect(Math.abs(size() - before - bytesOf(event))).toBeLessThan(event.type === 'probe' ? 10 : 1)
  }
  await writer.close()
})
