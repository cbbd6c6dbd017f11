/** Cycles of a wave's accesses to workgroup memory at a pair of panels: the mean over the waves of a workgroup. */
export function memoryCycles(wgsl: string): { nvidia: number; amd: number }
