/** Keeps the place of a chart while its values are read. The text appears only where that takes longer than a moment. */
import './units.css'

export const Waiting = ({ text, height }: { readonly text: string; readonly height: number }) => (
  <p className="waiting quiet" style={{ minHeight: height }} role="status">
    <span>{text}</span>
  </p>
)
