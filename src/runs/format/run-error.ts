/** The error of everything that reads and writes runs. */

/** Thrown for a run that cannot be read or written; the message names the run, the place, the problem and the cure. */
export class RunError extends Error {
  override name = 'RunError'
}

/** Thrown for a file that was read and is not what was written. A storage that fails throws other errors: it may recover. */
export class DamageError extends RunError {
  override name = 'DamageError'
}
