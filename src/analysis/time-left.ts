/** How long the rest of some work will take. */

/** The least share of the work that gives an estimate. */
const leastShare = 0.02

/** Seconds left at the speed so far, or null where too little is done to estimate it. share: from 0 to 1. */
export const secondsLeft = (secondsSoFar: number, share: number): number | null =>
  share < leastShare ? null : secondsSoFar * (1 / share - 1)
