/** Collects the errors that a device's shader compiler reports, with the lines of WGSL around them. */

export interface ShaderErrors {
  /** Compilations whose report has not arrived yet. */
  readonly pending: Set<Promise<void>>
  readonly reports: string[]
  /** Whether modules that are created at present are left out. */
  unreported: boolean
}

/** Lines before and after an error that a report shows. */
const around = 4

/** Numbered lines of `code` around `line` (from 1). */
function excerpt(code: string, line: number): string {
  const lines = code.split('\n')
  const first = Math.max(1, line - around)
  const shown = lines.slice(first - 1, line + around)
  const width = String(first + shown.length - 1).length
  return shown.map((text, i) => `${String(first + i).padStart(width + 2)} | ${text}`).join('\n')
}

/** One report per module: each error's `line:column message`, followed by the numbered lines around it. */
function shaderReport(label: string, code: string, messages: readonly GPUCompilationMessage[]): string {
  return messages
    .filter(({ type }) => type === 'error')
    .map(
      ({ lineNum, linePos, message }) =>
        `The shader ${label || 'without a label'} does not compile: ${lineNum}:${linePos} ${message}\n${excerpt(code, lineNum)}`,
    )
    .join('\n')
}

/** Collects the compiler's errors for every shader module that `device` creates from now on. */
export function collectShaderErrors(device: GPUDevice): ShaderErrors {
  const errors: ShaderErrors = { pending: new Set(), reports: [], unreported: false }
  const createShaderModule = device.createShaderModule.bind(device)
  device.createShaderModule = (descriptor) => {
    const module = createShaderModule(descriptor)
    if (errors.unreported) return module
    const { label = '', code } = descriptor
    const arrived = module
      .getCompilationInfo()
      .then(({ messages }) => {
        const report = shaderReport(label, code, messages)
        if (report) errors.reports.push(report)
      })
      // A lost device reports nothing; the loss itself is the failure.
      .catch(() => {})
      .finally(() => errors.pending.delete(arrived))
    errors.pending.add(arrived)
    return module
  }
  return errors
}

/** Runs `work`. The modules that it creates before it returns have no reports. */
export function unreported<T>(errors: ShaderErrors, work: () => T): T {
  errors.unreported = true
  try {
    return work()
  } finally {
    errors.unreported = false
  }
}

/** Waits for the reports of all compilations so far, and returns and clears them; empty when everything compiled. */
export async function takeShaderErrors({ pending, reports }: ShaderErrors): Promise<string> {
  // Dawn in Node reports an error while the call that causes it is running, before the compilation is pending.
  await Promise.resolve()
  await Promise.all(pending)
  return reports.splice(0).join('\n')
}
