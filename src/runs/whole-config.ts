/** Completes the configuration that a log records. */
import { ConfigError, parseConfig } from '../config/config.ts'
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { RunError } from './format/run-error.ts'

/** Fills in fields that a configuration of another version lacks. Throws RunError for an invalid one. */
export function withWholeConfig<E extends LoggedEvent | RecordedEvent>(event: E, name: string): E {
  if (event.type !== 'start') return event
  try {
    return { ...event, config: parseConfig(event.config) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new RunError(`${name}: its configuration is invalid: ${error.message}`)
  }
}
