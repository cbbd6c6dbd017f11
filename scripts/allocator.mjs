/**
 * Environment variables for glibc's allocator in processes that compute; other allocators ignore them. A software adapter's
 * compiler allocates and frees megabytes thousands of times. With these settings the process reuses that memory instead of
 * returning it to the system each time; larger blocks are still returned.
 */
export const allocator = {
  MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20),
}
