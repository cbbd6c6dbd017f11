/**
 * Storage in f16: a program that computes in f32 becomes one that reads and writes some of its buffers in f16. A value is stored times
 * 2^exponent, so that small values keep their digits; a product with a power of two loses none.
 */
import type { ElementType, Exponents, Program } from './program.ts'

/** The largest finite f16. */
const largestHalf = 65504

const halfTypes: Partial<Record<ElementType, ElementType>> = { f32: 'f16', vec4f: 'vec4h' }

/** Position of the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0
  for (let i = open; i < code.length; i++) {
    if (code[i] === '[') depth++
    if (code[i] === ']' && --depth === 0) return i
  }
  throw new Error(`no closing bracket: ${code.slice(open, open + 40)}`)
}

interface Buffer {
  readonly type: ElementType
  readonly exponent: number
}

const powerOf = (exponent: number) => (exponent === 0 ? '' : ` * ${2 ** exponent}f`)

const loaded = ({ type, exponent }: Buffer, access: string) =>
  exponent === 0 ? `${type}(${access})` : `(${type}(${access})${powerOf(-exponent)})`

const stored = ({ type, exponent }: Buffer, value: string) => `${type}ToHalf((${value})${powerOf(exponent)})`

/** What WGSL has behind an access that is neither a load nor a plain store. */
const otherStore = /^\s*(?:\.\w+\s*=(?!=)|(?:[-+*/%&|^]|<<|>>)=)/

/**
 * A vec4f as a program reads it that stores it in f16, times 2^exponent. Compilers drop a conversion to f16 and back (Mesa does), so the
 * bits pass through an operation with `zero`, a u32 that is 0 and that compilers do not know.
 */
export function throughHalf(value: string, exponent: number, zero: string): string {
  const buffer: Buffer = { type: 'vec4f', exponent }
  return loaded(buffer, `bitcast<vec4h>(bitcast<vec2u>(${stored(buffer, value)}) | vec2u(${zero}))`)
}

/** The code with conversions around every load and store of the buffers. Throws Error for an access that it cannot convert. */
function converted(code: string, buffers: ReadonlyMap<string, Buffer>): string {
  const names = [...buffers.keys()].join('|')
  const found = new RegExp(`(?<![\\w.])(${names})\\s*\\[`).exec(code)
  if (!found) return code
  const [opening, name] = found
  const buffer = buffers.get(name) as Buffer
  const end = closing(code, found.index + opening.length - 1)
  const index = converted(code.slice(found.index + opening.length, end), buffers)
  const [access, before, after] = [`${name}[${index}]`, code.slice(0, found.index), code.slice(end + 1)]
  if (otherStore.test(after)) throw new Error(`cannot store in f16: ${access}${after.slice(0, 20)}`)
  const [assignment] = /^\s*=(?!=)/.exec(after) ?? []
  if (assignment === undefined) return `${before}${loaded(buffer, access)}${converted(after, buffers)}`
  const last = after.indexOf(';')
  const value = converted(after.slice(assignment.length, last).trim(), buffers)
  return `${before}${access} = ${stored(buffer, value)}${converted(after.slice(last), buffers)}`
}

/** A value beyond f16 becomes infinite on every adapter, so that the loss shows it; a driver may round towards zero. */
const toHalf = (type: ElementType) => `
fn ${type}ToHalf(value : ${type}) -> ${halfTypes[type]} {
  return ${halfTypes[type]}(select(value, value * 3.4e38f, abs(value) > ${type}(${largestHalf}f)));
}`

/** The key of the program that `halved` makes. */
export const halfKey = ({ key }: Program, exponents: Exponents): string =>
  `${key}:f16(${Object.entries(exponents).map(([name, exponent]) => `${name}*2^${exponent}`)})`

/** The program with the named buffers in f16. Throws Error for a buffer that the program does not declare to be able to. */
export function halved(program: Program, exponents: Exponents): Program {
  const { key, outputs, inputs, enable = [], half } = program
  const names = Object.keys(exponents)
  const able = [...(half?.reads ?? []), ...Object.keys(half?.writes ?? {})]
  const types = { ...outputs, ...inputs }
  const wrong = names.find((name) => !able.includes(name) || !halfTypes[types[name]])
  if (wrong !== undefined) throw new Error(`program ${key} cannot store ${wrong} in f16`)
  const buffers = new Map(names.map((name) => [name, { type: types[name], exponent: exponents[name] }]))
  const halfOf = (all: Program['outputs']) =>
    Object.fromEntries(
      Object.entries(all).map(([name, type]) => [name, buffers.has(name) ? (halfTypes[type] ?? type) : type]),
    )
  const code = names.some((name) => name in outputs) ? (half?.code?.(exponents) ?? program.code) : program.code
  const written = new Set([...buffers].flatMap(([name, { type }]) => (name in outputs ? [type] : [])))
  return {
    ...program,
    key: halfKey(program, exponents),
    outputs: halfOf(outputs),
    inputs: halfOf(inputs),
    enable: [...enable, 'f16'],
    code: `${[...written].map(toHalf).join('')}\n${converted(code, buffers)}`,
  }
}
