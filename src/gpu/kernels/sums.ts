/**
 * WGSL for a long sum of f32 or vec4f that loses almost nothing to rounding: TwoSum (Knuth, The Art of Computer Programming 2,
 * 4.2.2) adds what each addition lost to a second number.
 *
 * A compiler may reorder additions, which makes it a plain sum: NVIDIA's does for Vulkan. `kept` hides a number from it: it sets
 * the bits of a 0 that only exists at run time.
 */
import type { ElementType } from '../program.ts'

/** Begins `main` of a program with an exact sum, where `group` is the workgroup's id. No dispatch has a third dimension. */
export const exactSumEntry = 'zero = group.z;'

export const exactSum = (type: ElementType): string => `
var<private> zero : u32;
fn kept(value : ${type}) -> ${type} {
  return bitcast<${type}>(bitcast<${bitsOf(type)}>(value) | ${bitsOf(type)}(zero));
}
struct Sum { value : ${type}, lost : ${type} }
fn plus(sum : Sum, term : ${type}) -> Sum {
  let value = kept(sum.value + term);
  let added = kept(value - sum.value);
  return Sum(value, sum.lost + ((sum.value - kept(value - added)) + (term - added)));
}
fn total(sum : Sum) -> ${type} { return sum.value + sum.lost; }
`

const bitsOf = (type: ElementType) => (type === 'vec4f' ? 'vec4u' : 'u32')
