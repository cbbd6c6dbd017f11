/** Bad input: folders and label files that can be read in several ways, or in none. */
import type { BadInput, NamedBytes } from './bad-input.ts'

const text = (path: string, content: string): NamedBytes => ({ path, bytes: new TextEncoder().encode(content) })

const below = (folder: string, files: readonly NamedBytes[]): NamedBytes[] =>
  files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }))

const flat = (folder: string, files: readonly NamedBytes[]): NamedBytes[] =>
  files.map(({ path, bytes }) => ({ path: `${folder}/${path.replaceAll('/', '-')}`, bytes }))

export function layouts(good: readonly NamedBytes[]): BadInput[] {
  const [first, second] = [good.slice(0, 3), good.slice(3)]
  const both = (folder: string) => [...below(`${folder}/train`, good), ...below(`${folder}/val`, good)]
  return [
    {
      name: 'layout: two datasets',
      files: [...both('one'), ...both('two')],
      error: /2 folders hold training and validation/,
    },
    {
      name: 'layout: validation images of two kinds',
      files: [...below('val', good), ...below('test', good)],
      error: /there are validation and test images but no training images/,
    },
    {
      name: 'layout: splits without classes',
      files: [...flat('train', first), ...flat('val', second)],
      error: /3 images in set but no class folders \(for example train\//,
    },
    { name: 'layout: a class called train', files: [...good, ...flat('train', good)], more: 6 },
    { name: 'layout: texts beside images', files: [...good, text('a/0.txt', 'b'), text('a/1.json', '{"label": "b"}')] },
    {
      name: 'layout: a table of classes without a column of files',
      files: [...good, text('metadata.csv', 'name,label\na/0.png,b\n')],
    },
    {
      name: 'layout: a damaged table of classes',
      files: [...good, text('metadata.jsonl', '{"file_name": ')],
      error: /metadata\.jsonl cannot be read \(line 1 is not a JSON object\)/,
    },
    {
      name: 'layout: a table of classes that is no parquet file',
      files: [...good, text('metadata.parquet', 'PAR1')],
      error: /metadata\.parquet cannot be read/,
    },
    {
      name: 'layout: labels that are no JSON',
      files: [...below('train', good), text('train/0.json', '{'), ...below('val', good)],
      more: 6,
    },
    {
      name: 'layout: one name in two Unicode forms',
      files: [...good, ...['a/\u00c4.png', 'a/A\u0308.png'].map((path) => ({ path, bytes: good[0].bytes }))],
      more: 2,
    },
  ]
}
