/** Makes a device refuse buffers, like a driver without free memory. */

/**
 * Until the returned function is called, every new buffer is requested with a size that the device cannot give, so that the
 * request fails with a GPU error. Buffers that are filled at their creation stay as they are.
 */
export function refuseBuffers(device: GPUDevice): () => void {
  const createBuffer = device.createBuffer.bind(device)
  const size = 2 * device.limits.maxBufferSize
  const refused = (descriptor: GPUBufferDescriptor) => {
    const buffer = createBuffer({ ...descriptor, size })
    // tfjs counts buffers by their size.
    return Object.defineProperty(buffer, 'size', { value: descriptor.size })
  }
  Object.defineProperty(device, 'createBuffer', {
    value: (descriptor: GPUBufferDescriptor) =>
      descriptor.mappedAtCreation ? createBuffer(descriptor) : refused(descriptor),
    configurable: true,
  })
  return () => void Reflect.deleteProperty(device, 'createBuffer')
}
