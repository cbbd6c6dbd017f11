/** Names of runs, files and datasets. */

/** Lower case, digits and hyphens only; never empty. */
export const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'run'

const two = (n: number) => String(n).padStart(2, '0')

/** A run's id from its start and four random hexadecimal digits: `20260131-140205-3f9a`. */
export function runId(start: Date, random: number): string {
  const day = `${start.getFullYear()}${two(start.getMonth() + 1)}${two(start.getDate())}`
  const time = `${two(start.getHours())}${two(start.getMinutes())}${two(start.getSeconds())}`
  return `${day}-${time}-${random.toString(16).padStart(4, '0').slice(-4)}`
}

/** The name of a source as the user knows it. */
export const sourceName = (source: string): string => (source === 'cifar10' ? 'CIFAR-10' : source)
