/** Does what is asked one after the other, also where something must be waited for first. */
export function createOrder(): (work: () => void, first?: Promise<void>) => void {
  let last = Promise.resolve()
  return (work, first = Promise.resolve()) => {
    const before = last
    last = Promise.all([before, first]).then(work)
  }
}
