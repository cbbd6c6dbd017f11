import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { picture, tarOf } from '../../testing/archives.ts'
import type { NamedBytes } from '../../testing/bad-input.ts'
import { bothHosts } from '../../testing/both-hosts.ts'
import { rawZip } from '../../testing/raw-archives.ts'
import type { ImageSet } from '../source.ts'

const open = bothHosts()
const counts = ({ report }: ImageSet) => Object.fromEntries(report.classes.map((c) => [c.id, [c.train, c.validation]]))
const text = (path: string, content: string): NamedBytes => ({ path, bytes: new TextEncoder().encode(content) })

let shade = 0
/** Different pictures at these paths. */
const pictures = (...paths: string[]): Promise<NamedBytes[]> =>
  Promise.all(paths.map(async (path) => ({ path, bytes: new Uint8Array(await picture(shade++ % 256)) })))

/** Pictures with a label file each: `0.png`, `0.json`. */
async function labeled(folder: string, suffix: string, labels: readonly string[]): Promise<NamedBytes[]> {
  const images = await pictures(...labels.map((_, i) => `${folder}${i}.png`))
  return [...images, ...labels.map((label, i) => text(`${folder}${i}.${suffix}`, label))]
}

const tar = (path: string, files: readonly NamedBytes[]): NamedBytes => ({ path, bytes: tarOf([...files]) })

describe('tables of files and classes', () => {
  const images = () => pictures('train/1.png', 'train/2.png', 'train/3.png', 'val/4.png', 'val/5.png')

  it.each([
    [
      'metadata.csv in each split',
      [
        text('train/metadata.csv', 'file_name,label\n1.png,cat\n2.png,dog\n3.png,"cat"\n'),
        text('val/metadata.csv', 'label,file_name\ncat,4.png\ndog,5.png\n'),
      ],
    ],
    [
      'metadata.csv with a byte-order mark and Windows lines',
      [
        text(
          'metadata.csv',
          '\ufefffile_name,text,label\r\ntrain/1.png,"a, ""b""\r\nc",cat\r\ntrain/2.png,,dog\r\ntrain/3.png,,cat\r\nval/4.png,,cat\r\n./val/5.png,,dog\r\n',
        ),
      ],
    ],
    [
      'metadata.jsonl',
      [
        text(
          'metadata.jsonl',
          ['train/1.png cat', 'train/2.png dog', 'train/3.png cat', 'val/4.png cat', 'val/5.png dog']
            .map((row) => JSON.stringify({ image_file_name: row.split(' ')[0], labels: [row.split(' ')[1]] }))
            .join('\n'),
        ),
      ],
    ],
    [
      'metadata.parquet',
      [
        {
          path: 'metadata.parquet',
          bytes: new Uint8Array(
            parquetWriteBuffer({
              columnData: [
                {
                  name: 'file_name',
                  data: ['train/1.png', 'train/2.png', 'train/3.png', 'val/4.png', 'val/5.png'],
                  type: 'STRING',
                },
                { name: 'label', data: ['cat', 'dog', 'cat', 'cat', 'dog'], type: 'STRING' },
              ],
            }),
          ),
        },
      ],
    ],
  ])('%s', async (_, tables) => {
    const set = await open([...(await images()), ...tables])
    expect(counts(set)).toEqual({ cat: [2, 1], dog: [1, 1] })
    expect(set.report.splitBySeed).toBe(false)
    expect(set.report.notes.filter((note) => !note.startsWith('The classes are imbalanced'))).toEqual([])
  })

  it('inside an archive', async () => {
    const files = [
      ...(await images()),
      text(
        'metadata.jsonl',
        ['train/1', 'train/2', 'train/3', 'val/4', 'val/5']
          .map((path, i) => `{"file_name": "${path}.png", "label": ${[3, 20, 3, 3, 20][i]}}`)
          .join('\n'),
      ),
    ]
    const zip = { path: 'set.zip', bytes: rawZip(files.map(({ path, bytes }) => ({ name: `set/${path}`, bytes }))) }
    expect(counts(await open([zip, text('README.md', '')]))).toEqual({ 3: [2, 1], 20: [1, 1] })
  })

  it('say which files are missing or unlabeled', async () => {
    const set = await open([
      ...(await images()),
      text(
        'metadata.csv',
        'file_name,label\ntrain/1.png,cat\ntrain/2.png,dog\ntrain/3.png,\nval/4.png,cat\nval/5.png,dog\nval/6.png,dog\n',
      ),
    ])
    expect(counts(set)).toEqual({ cat: [1, 1], dog: [1, 1] })
    expect(set.report.notes).toEqual([
      'One file that metadata.csv lists is missing, for example val/6.png.',
      'One image has no class in metadata.csv and will not be used, for example train/3.png.',
    ])
  })

  it('without a column of classes leave them to the folders', async () => {
    const files = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png')
    const set = await open([...files, text('metadata.csv', 'file_name,text\na/1.png,a cat\n')])
    expect(counts(set)).toEqual({ a: [1, 1], b: [1, 1] })
    expect(set.report.notes[0]).toBe('metadata.csv has no column label (have file_name, text), so it is not used.')
  })

  const four = () => pictures('1.png', '2.png', '3.png', '4.png')
  const rows = ['file_name,label', '1.png,cat', '2.png,dog', '3.png,cat', '4.png,dog']
  const utf16 = (bytes: Buffer, mark: readonly number[]) => ({
    path: 'metadata.csv',
    bytes: new Uint8Array([...mark, ...bytes]),
  })
  const wide = Buffer.from(rows.join('\r\n'), 'utf16le')

  it.each([
    ['semicolons', text('metadata.csv', rows.join('\n').replaceAll(',', ';'))],
    ['a line for Excel', text('metadata.csv', `sep=;\r\n${rows.join('\r\n').replaceAll(',', ';')}`)],
    ['tabs', text('metadata.csv', rows.join('\n').replaceAll(',', '\t'))],
    ['UTF-16', utf16(wide, [0xff, 0xfe])],
    ['big-endian UTF-16', utf16(Buffer.from(wide).swap16(), [0xfe, 0xff])],
    ['semicolons in names', text('metadata.csv', rows.join('\n').replaceAll('cat', '"cat; big"'))],
  ])('with %s, as spreadsheets store them', async (name, table) => {
    const cat = name === 'semicolons in names' ? 'cat; big' : 'cat'
    expect(counts(await open([...(await four()), table]))).toEqual({ [cat]: [1, 1], dog: [1, 1] })
  })

  it('with true and false as classes', async () => {
    const lines = [1, 2, 3, 4].map((i) => `{"file_name": "${i}.png", "label": ${i % 2 === 0}}`)
    const set = await open([...(await four()), text('metadata.jsonl', lines.join('\n'))])
    expect(counts(set)).toEqual({ false: [1, 1], true: [1, 1] })
  })

  it('that give a file several classes leave it out', async () => {
    const more = [...rows, '5.png,cat', '6.png,dog', '5.png,dog', '1.png,cat']
    const files = [...(await four()), ...(await pictures('5.png', '6.png'))]
    const set = await open([...files, text('metadata.csv', more.join('\n'))])
    expect(set.report.images).toEqual({ train: 3, validation: 2 })
    expect(set.report.notes[0]).toBe(
      'One image has several classes in metadata.csv and will not be used, for example 5.png.',
    )
  })

  it('with a column of splits: a note says that it does not count', async () => {
    const table = rows.map((row, i) => `${row},${i === 0 ? 'Split' : 'train'}`).join('\n')
    const { report } = await open([...(await four()), text('metadata.csv', table)])
    expect(report.notes[0]).toBe(
      'The column Split of metadata.csv is not used: put the images of each split into a folder, such as train and val.',
    )
  })

  it('that cannot label any image say why in the error', async () => {
    const other = text('metadata.csv', rows.join('\n').replace('file_name,label', 'File_Name,Breed'))
    await expect(open([...(await four()), other])).rejects.toThrow(
      /no class folders.*metadata\.csv has no column file_name \(have File_Name, Breed\), so it is not used\./,
    )
    const none = text('metadata.csv', 'file_name,label\n1.png,\n')
    await expect(open([...(await four()), none])).rejects.toThrow(
      'no image in set has a class. 4 images have no class in metadata.csv and will not be used, for example 1.png.',
    )
  })

  it('that are damaged are refused', async () => {
    await expect(
      open([...(await images()), text('metadata.jsonl', '{"file_name": "a.png"}\n{"file_na')]),
    ).rejects.toThrow(
      'metadata.jsonl cannot be read (line 2 is not a JSON object); repair it, or remove it to read classes from folders',
    )
  })
})

describe('label files beside images', () => {
  it.each([
    ['cls', ['0', '1', '10', '0', '1', '10']],
    ['class', ['0', '1\n', '10', '0', '1', '10']],
    ['txt', ['0', '1', '10', '0\n', '1', ' 10 ']],
    ['json', ['{"label": 0}', '{"url": "x", "label": [1]}', '{"class": "10"}', '{"cls": 0}', '1', '"10"']],
  ])('.%s in a shard, in a folder and in folders of splits', async (suffix, labels) => {
    const three = { 0: [1, 1], 1: [1, 1], 10: [1, 1] }
    expect(counts(await open([tar('shard-0.tar', await labeled('', suffix, labels)), text('a.md', '')]))).toEqual(three)
    expect(counts(await open(await labeled('', suffix, labels)))).toEqual(three)
    const splits = [...(await labeled('train/', suffix, labels)), ...(await labeled('val/', suffix, labels))]
    expect(counts(await open(splits))).toEqual({ 0: [2, 2], 1: [2, 2], 10: [2, 2] })
    const shards = await Promise.all(
      ['set-train-0.tar', 'set-train-1.tar', 'set-val-0.tar'].map(async (path) =>
        tar(path, await labeled('', suffix, labels)),
      ),
    )
    expect(counts(await open(shards))).toEqual({ 0: [4, 2], 1: [4, 2], 10: [4, 2] })
  })

  it('the surest file counts', async () => {
    const files = [
      ...(await labeled('', 'cls', ['0', '1', '0', '1'])),
      ...[0, 1, 2, 3].flatMap((i) => [text(`${i}.json`, '{"label": 7}'), text(`${i}.txt`, 'cat')]),
    ]
    expect(counts(await open(files))).toEqual({ 0: [1, 1], 1: [1, 1] })
  })

  it('without a class are named: in some images, and in all', async () => {
    const some = await open(
      await labeled('', 'json', [
        '{"label": 0}',
        '{"label": 1}',
        '{"label": 0}',
        '{"label": 1}',
        '{"label": {}}',
        '{"a": 1}',
        '[',
        '[1, 2]',
      ]),
    )
    expect(counts(some)).toEqual({ 0: [1, 1], 1: [1, 1] })
    expect(some.report.unreadable).toEqual([
      { path: '4.png', reason: 'its label 4.json names no class: label is neither a number nor text' },
      { path: '5.png', reason: 'its label 5.json names no class: it has a; expected one of label, labels, class, cls' },
      { path: '6.png', reason: 'its label 6.json is not JSON' },
      { path: '7.png', reason: 'its label 7.json names no class' },
    ])
    const captions = ['{"caption": "a cat", "url": "x"}', '{"caption": "a dog", "url": "y"}']
    const image2dataset = [...(await labeled('', 'json', captions)), text('0.txt', 'a cat'), text('1.txt', 'a dog')]
    const reason =
      /but no class folders.*label the images: its label 0\.json names no class: it has caption, url; expected one of label, labels, class, cls/
    await expect(open(image2dataset)).rejects.toThrow(reason)
    const shards = [tar('00000.tar', image2dataset), tar('00001.tar', image2dataset)]
    await expect(open(shards)).rejects.toThrow(reason)
  })

  it('in one shard only: the images of the others are no class', async () => {
    const shards = [
      tar('t-0.tar', await labeled('', 'cls', ['0', '1', '0', '1', '0', '1'])),
      tar('t-1.tar', await pictures('a.png', 'b.png', 'c.png')),
    ]
    const set = await open(shards)
    expect(counts(set)).toEqual({ 0: [2, 1], 1: [2, 1] })
    expect(set.report.notes[0]).toBe(
      '3 images state no class, although most others do, and will not be used, for example t-1/a.png.',
    )
    const table = text('x/metadata.csv', 'file_name,label\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n')
    const stated = await pictures('x/1.png', 'x/2.png', 'x/3.png', 'x/4.png')
    const folders = await pictures('cat/1.png', 'dog/1.png')
    expect(counts(await open([...stated, table, ...folders]))).toEqual({ cat: [2, 1], dog: [2, 1] })
  })

  it('beside few images in folders of classes add classes with a note', async () => {
    const folders = await pictures(...['a', 'b'].flatMap((id) => [1, 2, 3].map((i) => `${id}/${i}.png`)))
    const set = await open([...folders, text('a/1.cls', 'c'), text('b/1.cls', 'c')])
    expect(counts(set)).toEqual({ a: [1, 1], b: [1, 1], c: [1, 1] })
    expect(set.report.notes[0]).toBe(
      '2 images state their class themselves, for example a/1.png: c. The others have the class of their folder.',
    )
  })

  it.each([
    [
      'captions',
      ['a cat on a mat in the sun', 'a dog in a box under the table'],
      /0\.txt holds a text, not a class; put the class into 0\.cls/,
    ],
    ['boxes', ['0 0.5 0.5 0.1 0.1\n', '1 0.5 0.5 0.1 0.1\n'], /0\.txt holds a list of numbers, not a class/],
    [
      'short captions',
      [...'abcdefghij'].map((name) => `cat ${name}`),
      /the \.txt files hold captions, not classes: 10 different texts beside 10 images/,
    ],
  ])('.txt with %s are no classes', async (_, texts, reason) => {
    await expect(open(await labeled('', 'txt', texts))).rejects.toThrow(reason)
    // Folders of classes need no label files.
    const folders = await Promise.all(['a/', 'b/'].map((folder) => labeled(folder, 'txt', texts)))
    expect(Object.keys(counts(await open(folders.flat())))).toEqual(['a', 'b'])
  })
})

describe('archives of splits', () => {
  const inside = (folder: string) =>
    pictures(...['cat', 'dog'].flatMap((id) => [1, 2].map((i) => `${folder}${id}/${i}.png`)))
  const both = { cat: [2, 2], dog: [2, 2] }

  it.each([
    ['TRAIN_1.tar', 'Test_1.tar'],
    ['my-training-set.tar', 'my-validation-set.tar'],
    ['set/imagesTrain.tar', 'set/imagesHoldout.tar'],
    ['train-00000-of-00001.tar', 'dev-00000-of-00001.tar'],
    ['train/train-0.tar', 'val/val-0.tar'],
    ['train/0.tar', 'val/0.tar'],
  ])('%s and %s', async (train, val) => {
    expect(counts(await open([tar(train, await inside('')), tar(val, await inside(''))]))).toEqual(both)
    expect(counts(await open([tar(train, await inside('set/')), tar(val, await inside('set/'))]))).toEqual(both)
  })

  it('in parts with files of the same names', async () => {
    const parts = await Promise.all(
      ['train_1', 'train_2', 'val'].map(async (name) => tar(`${name}.tar`, await inside(''))),
    )
    const set = await open(parts)
    expect(counts(set)).toEqual({ cat: [4, 2], dog: [4, 2] })
    expect(set.report.files).toBe(12)
    const paths = [...set.train.labels.keys()].map((i) => set.train.file?.(i).path)
    expect(new Set(paths).size).toBe(8)
    expect(paths).toContain('train/cat/train_2 1.png')
  })

  it('beside an unpacked split', async () => {
    const val = await inside('data/val/')
    expect(counts(await open([tar('data/train.tar', await inside('')), ...val]))).toEqual(both)
  })

  it('beside the same files unpacked: paths differ, and the copies are reported', async () => {
    const files = [...(await inside('train/')), ...(await inside('val/'))]
    const folder = files.map(({ path, bytes }) => ({ path: `set/${path}`, bytes }))
    const outer = [tar('set.tar', folder), ...folder]
    const train = files.flatMap(({ path, bytes }) =>
      path.startsWith('train/') ? [{ path: path.slice('train/'.length), bytes }] : [],
    )
    const split = [tar('train.tar', train), ...files]
    for (const [both, copies] of [
      [outer, 8],
      [split, 4],
    ] as const) {
      const { report } = await open(both)
      expect(report.files).toBe(8 + copies)
      expect(report.duplicates).toHaveLength(copies)
      expect(report.duplicates[0].join()).toMatch(/train\/cat\/1\.png,train\/cat\/(set|train) 1\.png/)
    }
  })

  it('inside an archive, beside others', async () => {
    const outer = [
      tar('data/train.tar', await inside('')),
      tar('data/val.tar', await inside('')),
      tar('data/devkit.tar', [text('a.txt', '')]),
    ]
    expect(counts(await open([tar('outer.tar', outer), text('a.md', '')]))).toEqual(both)
  })

  it('of classes, one of which is called like a split', async () => {
    const archives = async (...names: string[]) =>
      Promise.all(names.map(async (name) => tar(`${name}.tar`, await pictures('1.png', '2.png'))))
    const set = await open(await archives('bus', 'car', 'train', 'truck'))
    expect(counts(set)).toEqual({ bus: [1, 1], car: [1, 1], train: [1, 1], truck: [1, 1] })
    expect(Object.keys(counts(await open(await archives('bakery', 'train_station', 'test_tube'))))).toEqual([
      'bakery',
      'test_tube',
      'train_station',
    ])
  })

  it('of each class', async () => {
    const archives = await Promise.all(
      ['cat', 'dog'].flatMap((id) =>
        ['train', 'val'].map(async (split) => tar(`${id}/${split}.tar`, await pictures('1.png', '2.png'))),
      ),
    )
    expect(counts(await open(archives))).toEqual(both)
  })
})
