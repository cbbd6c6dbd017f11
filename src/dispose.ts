/**
 * Defines the symbols that `using` and `await using` need where the browser lacks them. Modules that make disposable objects
 * are evaluated after this one when an entry point imports it first.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (!Symbol[name]) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) })
}
