export function findRedis(): { readonly path: string; readonly env: Readonly<Record<string, string>> } | null
