/** Lets the page handle its events; await it between the pieces of long work. */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
