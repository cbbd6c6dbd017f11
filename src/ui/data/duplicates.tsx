/** Files with the same bytes, within a split and across both splits. */
import type { DataReport } from '../../protocol/data-report.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { More } from '../controls/more.tsx'
import { count, plural } from '../format.ts'

const listed = 200

const groupText = (paths: readonly string[]) => paths.join('\t')

export function Duplicates({ duplicates, leaked }: Pick<DataReport, 'duplicates' | 'leaked'>) {
  if (duplicates.length === 0) return null
  const groups = plural(duplicates.length, 'group')
  const across = leaked === 0 ? '' : `; ${plural(leaked, 'validation image')} also in training`
  return (
    <More title={`${groups} of identical files${across}`} {...(leaked > 0 ? { tone: 'warning' as const } : {})}>
      <ul className="files">
        {duplicates.slice(0, listed).map((paths) => (
          <li key={paths[0]}>
            <code>{paths.join(' = ')}</code>
          </li>
        ))}
        {duplicates.length > listed && <li className="quiet">and {count(duplicates.length - listed)} more groups</li>}
      </ul>
      <CopyButton
        text={() => duplicates.map(groupText).join('\n')}
        label="Copy the groups of identical files"
        short="Copy as text"
      />
    </More>
  )
}
