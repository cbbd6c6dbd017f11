import { describe, expect, it } from 'vitest'
import { createTable, inOnePairing, tables } from './tables.ts'

const cells = { checkpoint: 'epoch-0001', data: 'a, "b"', module: 'layer1', site: 'layer1.0', unit: 3, index: 'ccmas' }

describe('a table of measurements', () => {
  it('writes rows with the columns in order, and reads them again', () => {
    const table = createTable(tables.indices)
    table.put({ ...cells, epoch: 1, value: 0.5, floor: Number.NaN })
    const text = table.text()
    expect(text).toBe(
      'checkpoint,data,module,site,unit,index,epoch,value,floor\nepoch-0001,"a, ""b""",layer1,layer1.0,3,ccmas,1,0.5,\n',
    )
    const again = createTable(tables.indices, text)
    expect(again.text()).toBe(text)
    expect(again.has(cells)).toBe(true)
    expect(again.has({ ...cells, unit: 4 })).toBe(false)
  })

  it('has one row for each key, the newest', () => {
    const table = createTable(tables.indices)
    for (const value of [1, 2]) table.put({ ...cells, epoch: 1, value, floor: 0 })
    expect(table.rows().map(({ value }) => value)).toEqual(['2'])
  })

  it('refuses incomplete rows and files with other columns', () => {
    const table = createTable(tables.indices)
    expect(() => table.put(cells)).toThrow('missing epoch in a row of indices.csv')
    expect(() => createTable(tables.linearity, table.text())).toThrow(/linearity\.csv has other columns than/)
  })

  it('reads linearity of earlier versions, which paired images in the order of the dataset', () => {
    const text = 'checkpoint,data,measure,site,other,k,epoch,value\nepoch-0001,cifar10,affineDeviation,,,,1,0.5\n'
    const table = createTable(tables.linearity, text)
    expect(table.rows()).toMatchObject([{ value: '0.5', pairs: 'data-order', seed: '' }])
    const row = { checkpoint: 'epoch-0001', data: 'cifar10', measure: 'affineDeviation', site: '', other: '', k: '' }
    expect([table.has({ ...row, pairs: 'data-order' }), table.has({ ...row, pairs: 'seeded' })]).toEqual([true, false])
    table.put({ ...row, pairs: 'seeded', seed: 3, epoch: 1, value: 0.25 })
    expect(createTable(tables.linearity, table.text()).rows()).toEqual(table.rows())
    expect(inOnePairing(table.rows()).map(({ value }) => value)).toEqual(['0.25'])
    expect(inOnePairing(table.rows().slice(0, 1)).map(({ value }) => value)).toEqual(['0.5'])
  })
})
