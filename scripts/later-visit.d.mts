import type { BrowserContextOptions } from '@playwright/test'

export function laterVisit(address: string): Exclude<BrowserContextOptions['storageState'], string | undefined>
