/** Why a step cannot be compiled. */
export class CompileRefusal extends Error {
  override name = 'CompileRefusal'
  constructor(
    /** The operation that cannot be replayed. */
    readonly operation: string,
    reason: string,
    /** False when tracing has changed the step, so that it cannot run uncompiled either. */
    readonly intact = true,
  ) {
    super(`cannot compile ${operation}: ${reason}`)
  }
}
