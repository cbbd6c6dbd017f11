/** The drawings on the buttons of a chart's frame. Each button has a name besides. */
const paths = {
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6',
  download: 'M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10',
  enter: 'M9.5 2.5h4v4M13.5 2.5 9.5 6.5M6.5 13.5h-4v-4M2.5 13.5l4-4',
  leave: 'M13.5 6.5h-4v-4M9.5 6.5l4-4M2.5 9.5h4v4M6.5 9.5l-4 4',
} as const

export const Icon = ({ name }: { readonly name: keyof typeof paths }) => (
  <svg className="tool-icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
    <path d={paths[name]} fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
  </svg>
)
