/**
 * WGSL for a long sum of f32 or vec4f that loses almost nothing to rounding: TwoSum (Knuth, The Art of Computer Programming 2,
 * 4.2.2) adds what each addition lost to a second number. A compiler that reorders additions makes it a plain sum.
 */
import type { ElementType } from '../program.ts'

export const exactSum = (type: ElementType): string => `
struct Sum { value : ${type}, lost : ${type} }
fn plus(sum : Sum, term : ${type}) -> Sum {
  let value = sum.value + term;
  let added = value - sum.value;
  return Sum(value, sum.lost + ((sum.value - (value - added)) + (term - added)));
}
fn total(sum : Sum) -> ${type} { return sum.value + sum.lost; }
`
