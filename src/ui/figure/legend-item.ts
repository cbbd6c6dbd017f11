/** One entry of a chart's legend. */
export interface LegendItem {
  readonly key: string
  readonly label: string
  /** A CSS custom property, `--module-layer1`. */
  readonly color: string
  readonly dash?: string
  /** 1 if absent. */
  readonly opacity?: number
  readonly shape: 'line' | 'band' | 'dot'
}
