/**
 * How fast the schemes with panels are expected to be on a vendor's GPUs: what runs without measurements, and the order in which
 * the tuner tries. The numbers are relative to the vendor's best scheme.
 */
import { type PanelScheme, type Scheme, schemeName } from './schemes.ts'

/** Outputs of a workgroup and of a thread, `128x64-8x8` → relative speed. */
type Speeds = Readonly<Record<string, number>>

/**
 * This table and those below are from machine code and a model (docs/performance.md). This one was also tried on an H200: the convolutions
 * of a ResNet-50 at 224 × 224 take 25 ms a step in the variants that it chooses, and 24 ms in the best ones.
 */
const nvidia: Speeds = {
  '128x64-8x8': 1,
  '64x64-8x8': 0.95,
  '64x64-8x4': 0.9,
  '128x128-8x8': 0.82,
  '64x64-4x4': 0.8,
  '32x32-4x4': 0.75,
}

const rdna: Speeds = {
  '128x128-8x8': 1,
  '128x64-8x8': 0.97,
  '64x64-8x8': 0.95,
  '64x64-8x4': 0.85,
  '64x64-4x4': 0.7,
  '32x32-4x4': 0.5,
}

/** Few registers: tiles of 8 × 8 leave one or two waves a unit. */
const gcn: Speeds = {
  '64x64-8x4': 1,
  '64x64-4x4': 0.85,
  '64x64-8x8': 0.7,
  '128x64-8x8': 0.65,
  '32x32-4x4': 0.6,
  '128x128-8x8': 0.6,
}

const intel: Speeds = {
  '64x64-4x4': 1,
  '64x64-8x4': 0.9,
  '32x32-4x4': 0.8,
  '64x64-8x8': 0.6,
  '128x64-8x8': 0.55,
  '128x128-8x8': 0.5,
}

/** Apple and unknown vendors. */
const others: Speeds = {
  '64x64-8x4': 1,
  '64x64-8x8': 0.9,
  '64x64-4x4': 0.85,
  '128x64-8x8': 0.8,
  '128x128-8x8': 0.7,
  '32x32-4x4': 0.65,
}

function speedsOf(vendor: string, architecture: string): Speeds {
  if (/nvidia/i.test(vendor)) return nvidia
  if (/amd|ati/i.test(vendor)) return /gcn/i.test(architecture) ? gcn : rdna
  return /intel/i.test(vendor) ? intel : others
}

/** Panels that are filled by single numbers take about half as long again. */
const scalarLoads = 0.65

/** For outputs that the table lacks: a thread's outputs set how often it reads workgroup memory. */
const fromThread = ({ threadRows, threadColumns }: PanelScheme): number => (threadRows * threadColumns) / 80

/** Deeper panels have fewer barriers for the same arithmetic. */
const shallow = 0.95

/** The expected speed of a scheme, relative to the vendor's best. */
export function panelSpeed(scheme: PanelScheme, vendor: string, architecture: string): number {
  const { kind, rows, columns, threadRows, threadColumns, depth } = scheme
  const known = speedsOf(vendor, architecture)[`${rows}x${columns}-${threadRows}x${threadColumns}`]
  const speed = known ?? Math.min(1, fromThread(scheme))
  return speed * (kind === 'vector' ? 1 : scalarLoads) * (depth < 16 ? shallow : 1)
}

/** Products of 512 × 512 matrices, measured on SwiftShader with two cores, by the name of the scheme. */
const withoutPanels: Speeds = {
  'quad-4x8x4': 0.35,
  'quad-8x16x4': 0.61,
  'quad-8x32x4': 0.7,
  'quad-32x32x4': 0.57,
  'vector-quad-8x64x4-2': 0.8,
  'vector-quad-16x32x4-2': 0.87,
  'vector-quad-16x64x4-2': 1,
  'vector-quad-32x32x4-2': 0.99,
  'register-8x4': 0.4,
  'register-8x8': 0.45,
  'register-16x8': 0.34,
}

/** The expected speed of a scheme without panels, relative to the best. */
export const plainSpeed = (scheme: Scheme): number => withoutPanels[schemeName(scheme)]
