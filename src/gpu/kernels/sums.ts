/**
 * WGSL for a long sum of f32 that loses almost nothing to rounding: TwoSum (Knuth, The Art of Computer Programming 2,
 * 4.2.2) adds what each addition lost to a second number. A compiler that reorders additions makes it a plain sum.
 */
export const exactSum = `
struct Sum { value : f32, lost : f32 }
fn plus(sum : Sum, term : f32) -> Sum {
  let value = sum.value + term;
  let added = value - sum.value;
  return Sum(value, sum.lost + ((sum.value - (value - added)) + (term - added)));
}
fn total(sum : Sum) -> f32 { return sum.value + sum.lost; }
`
