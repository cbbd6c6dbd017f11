/** Completes the configuration that a log records. */
import { ConfigError, parseConfig, type RunConfig } from '../config/config.ts'
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { RunError } from './format/run-error.ts'

/** A run's configuration with the fields that one of another version lacks. Throws RunError for an invalid one. */
export function wholeConfig(config: unknown, name: string): RunConfig {
  try {
    return parseConfig(config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new RunError(`${name}: its configuration is invalid: ${error.message}`)
  }
}

/** The event with a whole configuration, where it has one. Throws RunError for an invalid one. */
export const withWholeConfig = <E extends LoggedEvent | RecordedEvent>(event: E, name: string): E =>
  event.type === 'start' ? { ...event, config: wholeConfig(event.config, name) } : event
