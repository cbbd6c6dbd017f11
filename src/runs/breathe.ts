/**
 * Lets the page handle its events; await it between the pieces of long work. Where the browser can go on right afterwards, it
 * does: it delays nested timers by 4 ms each.
 */
export const breathe = (): Promise<void> =>
  'scheduler' in globalThis && 'yield' in scheduler ? scheduler.yield() : new Promise((resolve) => setTimeout(resolve))
