/** Text helpers for WGSL with unrolled loops. */

export const times = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** `make(0)` … `make(n − 1)`, one per line. */
export const lines = (n: number, make: (i: number) => string): string => times(n).map(make).join('\n')

export const xyzw = ['x', 'y', 'z', 'w'] as const

/** Begins `main` with so many threads in a workgroup. `index`: the variable with a thread's number; `builtins`: further parameters. */
export const entry = (threads: number | string, { index = 'index', builtins = '' } = {}): string => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) ${index} : u32${builtins}) {`

/** Workgroups in two dimensions for a linear count; the program numbers them `group.y * groups.x + group.x`. */
export function spread(count: number): [number, number] {
  const limit = 65535
  const y = Math.ceil(count / limit)
  return [Math.ceil(count / y), y]
}

/** A loop over `name` from `first` by `step` below `end`. */
export type Loop = (name: string, first: string, step: string, end: string, body: string) => string

export const counted: Loop = (name, first, step, end, body) =>
  `for (var ${name} = ${first}; ${name} < ${end}; ${name} += ${step}) { ${body} }`

/** With at least one turn. On SwiftShader a test ahead of each turn takes a seventh of a convolution's time. */
export const repeated: Loop = (name, first, step, end, body) => `{
  var ${name} = ${first};
  loop {
    ${body}
    continuing { ${name} += ${step}; break if ${name} >= ${end}; }
  } }`
