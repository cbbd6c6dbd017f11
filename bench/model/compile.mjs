/**
 * Makes a pipeline of a WGSL file, so that a driver that prints machine code prints that of the file: `node bench/model/compile.mjs
 * FILE.wgsl`. RADV does with RADV_DEBUG=nocache,shaders,shaderstats.
 */
import { readFileSync } from 'node:fs'
import { create } from 'webgpu'

const [file] = process.argv.slice(2)
if (!file) {
  console.error('usage: node bench/model/compile.mjs FILE.wgsl')
  process.exit(2)
}
const adapter = await create([]).requestAdapter()
if (!adapter) throw new Error('there is no adapter')
const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = adapter.limits
const requiredLimits = { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX }
const device = await adapter.requestDevice({ requiredLimits })
const module = device.createShaderModule({ code: readFileSync(file, 'utf8') })
// Not asynchronously: a device that executes nothing never resolves a promise.
device.createComputePipeline({ layout: 'auto', compute: { module } })
process.exit(0)
