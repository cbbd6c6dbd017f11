/**
 * Bank conflicts of a kernel's workgroup memory, from the addresses in its WGSL. 32 banks have 4 bytes each, and every access is a
 * vec4, so a request meets 8 groups of banks. A request takes as many cycles as different vec4s lie in one group.
 *
 * NVIDIA: a vec4 for 32 threads takes 4 requests of 8 threads, or 2 of 16 where threads n and n^1, or n and n^2, read the same vec4
 * (forums.developer.nvidia.com/t/77228; stated for compute capability 7, assumed since). AMD: 8 requests of 8 threads for 64.
 */

const tokens = (text) => text.match(/\d+|\w+|\S/g) ?? []

const operators = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Math.trunc(a / b),
  '%': (a, b) => a % b,
}

/** The value of an integer expression; null where it has a name that `values` lacks, or anything but arithmetic. */
export function evaluate(text, values) {
  const rest = tokens(text)
  const factor = () => {
    const token = rest.shift()
    if (token === 'i32' || token === 'u32') return factor()
    if (token === '(') {
      const inner = sum()
      return rest.shift() === ')' ? inner : Number.NaN
    }
    return /^\d+$/.test(token ?? '') ? Number(token) : (values[token] ?? Number.NaN)
  }
  const chain = (next, signs) => () => {
    let value = next()
    while (signs.includes(rest[0])) value = operators[rest.shift()](value, next())
    return value
  }
  const sum = chain(chain(factor, '*/%'), '+-')
  const value = sum()
  return rest.length > 0 || Number.isNaN(value) ? null : value
}

/** Begins what a vector scheme does with its sums, which may use the panels' memory for another purpose. */
const end = 'let hidden ='

/** The accesses to panels in the kernel: for each, how often it happens at a pair of panels, and its address by thread. */
function accessesOf(wgsl, threads) {
  const known = Array.from({ length: threads }, (_, thread) => ({ thread, index: thread }))
  const accesses = []
  let times = 1
  let active = threads
  for (const line of wgsl.split(end)[0].split(/[\n;{]/)) {
    const loop = /for \(var (\w+) = 0/.exec(line)
    const count = /^\s*(?:k|four) < (\d+)$/.exec(line)
    if (loop) for (const values of known) values[loop[1]] = 0
    if (count) times = Number(count[1])
    const guard = /if \((.+) < (\d+)\)/.exec(line)
    if (guard && evaluate(guard[1], known[0]) !== null)
      active = known.filter((values) => evaluate(guard[1], values) < Number(guard[2])).length
    const declared = /let (\w+) = (.+)$/.exec(line)
    if (declared) for (const values of known) values[declared[1]] = evaluate(declared[2], values) ?? Number.NaN
    const access = /panel[AB]\[(.+?)\]( =|$)/.exec(line)
    if (access) {
      const stores = access[2] !== ''
      const addresses = known.slice(0, stores ? active : threads).map((values) => evaluate(access[1], values))
      if (addresses.includes(null)) throw new Error(`cannot follow the address in ${line.trim()}`)
      accesses.push({ times: stores ? 1 : times, addresses })
    }
    if (/\}/.test(line)) active = threads
  }
  return accesses
}

const groups = 8

/** Cycles of one request. */
function cyclesOf(addresses) {
  const counts = Array(groups).fill(0)
  for (const address of new Set(addresses)) counts[address % groups]++
  return Math.max(...counts)
}

const chunks = (values, size) =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size))

const sum = (values) => values.reduce((a, b) => a + b, 0)

function nvidiaCycles(wave) {
  const shared = [1, 2].some((step) => wave.every((address, n) => address === wave[n ^ step]))
  return sum(chunks(wave, shared ? 16 : 8).map(cyclesOf))
}

const amdCycles = (wave) => sum(chunks(wave, 8).map(cyclesOf))

/** Cycles of a wave's accesses at a pair of panels: the mean over the waves of a workgroup. */
export function memoryCycles(wgsl) {
  const threads = Number(/@workgroup_size\((\d+)\)/.exec(wgsl)[1])
  const accesses = accessesOf(wgsl, threads)
  const mean = (size, cycles) =>
    sum(accesses.map(({ times, addresses }) => times * sum(chunks(addresses, size).map(cycles)))) /
    Math.ceil(threads / size)
  return { nvidia: mean(32, nvidiaCycles), amd: mean(64, amdCycles) }
}
