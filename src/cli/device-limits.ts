/** Reads the limits of a poorer device from the environment: to test, and to try a configuration for another machine. */
import { type DeviceOptions, parseDeviceOptions } from '../gpu/device-options.ts'
import { messageOf } from '../message.ts'
import { readJson, UsageError } from './arguments.ts'

/** `default`, or the path of a JSON file. */
export const deviceVariable = 'LAB_DEVICE_LIMITS'

/** The options that the variable names; undefined without it. Throws UsageError. */
export function chosenDevice(value = process.env[deviceVariable]): DeviceOptions | undefined {
  if (!value) return undefined
  const options = value === 'default' ? value : readJson(value, 'device limits')
  try {
    return parseDeviceOptions(options)
  } catch (error) {
    throw new UsageError(`cannot use the device limits of ${deviceVariable}=${value}: ${messageOf(error)}`)
  }
}
