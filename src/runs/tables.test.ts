import { describe, expect, it } from 'vitest'
import { createTable, inOnePairing, isOnOtherData, ownRows, tables } from './tables.ts'

const cells = { checkpoint: 'epoch-0001', data: 'a, "b"', module: 'layer1', site: 'layer1.0', unit: 3, index: 'ccmas' }

describe('a table of measurements', () => {
  it('writes rows with the columns in order, and reads them again', () => {
    const table = createTable(tables.indices)
    table.put({ ...cells, epoch: 1, value: 0.5, floor: Number.NaN })
    const text = table.text()
    expect(text).toBe(
      'checkpoint,data,fingerprint,module,site,unit,index,epoch,value,floor\nepoch-0001,"a, ""b""",,layer1,layer1.0,3,ccmas,1,0.5,\n',
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

  it('tells the images of rows apart by their fingerprint, wherever they lay', () => {
    const table = createTable(tables.indices)
    const put = (data: string, fingerprint: string, value: number) =>
      table.put({ ...cells, data, fingerprint, epoch: 1, value, floor: 0 })
    put('here', 'aaaa', 1)
    put('here', 'bbbb', 2)
    put('moved', 'aaaa', 3)
    expect(table.rows().map(({ data, value }) => [data, value])).toEqual([
      ['moved', '3'],
      ['here', '2'],
    ])
    expect(table.has({ ...cells, data: 'anywhere', fingerprint: 'bbbb' })).toBe(true)
    expect(table.has({ ...cells, data: 'here', fingerprint: 'cccc' })).toBe(false)
  })

  it.each([
    ['of the first version', 'measure,site,other,k,epoch,value', 'affineDeviation,,,,1,0.5'],
    ['without fingerprints', 'measure,site,other,k,pairs,epoch,value,seed', 'affineDeviation,,,,seeded,1,0.5,3'],
  ])('reads a file %s', (_, columns, row) => {
    const table = createTable(tables.linearity, `checkpoint,data,${columns}\nepoch-0001,cifar10,${row}\n`)
    expect(table.rows()).toMatchObject([{ value: '0.5', fingerprint: '' }])
    expect(createTable(tables.linearity, table.text()).rows()).toEqual(table.rows())
  })

  it('refuses columns in another order and files without a key', () => {
    expect(() => createTable(tables.linearity, 'data,checkpoint,measure\n')).toThrow(/has other columns/)
    expect(() => createTable(tables.indices, 'checkpoint,data\n')).toThrow(/has other columns/)
  })
})

describe('the rows on the images of a run', () => {
  const own = { source: 'here', identity: 'aaaa' }
  const row = (data: string, fingerprint: string, value: string) => ({
    ...{ checkpoint: 'e', module: 'm', site: 's', unit: '0', index: 'ccmas', epoch: '1', floor: '0' },
    ...{ data, fingerprint, value },
  })
  const valuesOf = (...rows: ReturnType<typeof row>[]) => ownRows(tables.indices, rows, own).map(({ value }) => value)

  it('are those with its fingerprint, and those of its source that have none', () => {
    expect(valuesOf(row('here', '', '1'))).toEqual(['1'])
    expect(valuesOf(row('elsewhere', '', '1'))).toEqual([])
    expect(valuesOf(row('elsewhere', 'aaaa', '1'))).toEqual(['1'])
    expect(valuesOf(row('here', 'bbbb', '1'))).toEqual([])
  })

  it('are one for each key: the last one that says on which images', () => {
    expect(valuesOf(row('here', 'aaaa', '1'), row('here', '', '2'))).toEqual(['1'])
    expect(valuesOf(row('here', '', '1'), row('here', 'aaaa', '2'), row('moved', 'aaaa', '3'))).toEqual(['3'])
  })

  it('are known to be others only where a fingerprint says so', () => {
    const rows = [row('here', 'bbbb', '1'), row('elsewhere', '', '2'), row('here', 'aaaa', '3')]
    expect(rows.map((one) => isOnOtherData(one, own))).toEqual([true, false, false])
  })
})
