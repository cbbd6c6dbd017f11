/** Makes a device refuse buffers, as a driver does that has no memory left. */

/**
 * Until the returned function is called, every new buffer of at least `bytes` is requested with a size that the device
 * cannot give, so that the request fails with a GPU error.
 */
export function refuseBuffers(device: GPUDevice, bytes = 0): () => void {
  const createBuffer = device.createBuffer.bind(device)
  const size = 2 * device.limits.maxBufferSize
  Object.defineProperty(device, 'createBuffer', {
    value: (descriptor: GPUBufferDescriptor) =>
      createBuffer(descriptor.size >= bytes ? { ...descriptor, size, mappedAtCreation: false } : descriptor),
    configurable: true,
  })
  return () => void Reflect.deleteProperty(device, 'createBuffer')
}
