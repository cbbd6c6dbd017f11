/**
 * Defines the symbols that `using` and `await using` need in browsers without them. An entry imports this module first, so
 * that it runs before any module that makes disposable objects.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (!Symbol[name]) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) })
}
