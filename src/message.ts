/** What Chrome, Firefox, Safari and Vite say when a file of the page's code does not arrive. */
const notArrived =
  /dynamically imported module|Importing a module script failed|Unable to preload CSS|Failed to load module script/i

const cure =
  'Check the connection and try again. If that does not help, the server has another version of the page: reload the page. ' +
  'A run that trains goes on until then, and can be resumed afterwards.'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The message of a thrown value. For code of the page that could not be loaded, it also says what to do. */
export function messageOf(error: unknown): string {
  const text = textOf(error)
  return notArrived.test(text) ? `A part of the page could not be loaded (${text}). ${cure}` : text
}
