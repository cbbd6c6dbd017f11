/** Marks a browser as one that has seen the tour: the page then opens empty, without its recorded run. */
export const tourSeen = { name: 'selectivity-lab.tour', value: 'seen' }

/** Playwright's `storageState` of a browser in which the page at this address was opened before. */
export const laterVisit = (address) => ({
  cookies: [],
  origins: [{ origin: new URL(address).origin, localStorage: [tourSeen] }],
})
