/**
 * Settings of glibc's allocator for processes that compute; other allocators do not know them. A software adapter's compiler
 * takes memory by the megabyte and gives it back at once, thousands of times: kept in the process, that costs nothing.
 * What is larger still goes back to the system.
 */
export const allocator = {
  MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20),
}
