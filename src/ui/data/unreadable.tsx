/** Files that the dataset leaves out, grouped by reason. */
import type { DataReport } from '../../protocol/data-report.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { More } from '../controls/more.tsx'
import { count, plural } from '../format.ts'
import { groupedReasons, type ReasonGroup, reasonsText } from './reasons.ts'

/** Number of listed files; the copy button gives all. */
const listed = 200

export function Unreadable({ unreadable }: Pick<DataReport, 'unreadable'>) {
  if (unreadable.length === 0) return null
  return (
    <More title={`${plural(unreadable.length, 'unreadable file')}, left out`} tone="warning">
      <div className="files">
        {groupedReasons(unreadable, listed).map((group) => (
          <Group key={group.reason} group={group} />
        ))}
      </div>
      <CopyButton text={() => reasonsText(unreadable)} label="Copy the unreadable files" short="Copy as text" />
    </More>
  )
}

function Group({ group: { reason, files, paths } }: { readonly group: ReasonGroup }) {
  return (
    <section>
      <p className="files-reason">
        {reason} {files > 1 && <span className="quiet">{count(files)} files</span>}
      </p>
      <ul>
        {paths.map((path) => (
          <li key={path}>
            <code>{path}</code>
          </li>
        ))}
        {files > paths.length && <li className="quiet">and {count(files - paths.length)} more</li>}
      </ul>
    </section>
  )
}
