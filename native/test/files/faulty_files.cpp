// Takes the place of read and write in a program it is preloaded into: within one folder, no call moves all it is asked
// to, and after a number of bytes the disk is full.
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
/** How many more bytes the folder takes; for the program's thread that writes to set. */
int64_t faulty_files_bytes_left = INT64_MAX;
/** Calls so far that moved less than they were asked to. */
int64_t faulty_files_short_calls = 0;
}

namespace {

/** The folder, without a link in it. */
const char* folder() {
  static const char* const name = getenv("FAULTY_FILES");
  return name;
}

bool is_faulty(int file) {
  if (folder() == nullptr) {
    return false;
  }
  char link[32];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path);
  const size_t prefix = strlen(folder());
  return length > static_cast<ssize_t>(prefix) && memcmp(path, folder(), prefix) == 0 && path[prefix] == '/';
}

/** Half of what is asked for, so that a loop ends, and pieces begin within an element. */
size_t shortened(size_t bytes) {
  if (bytes < 2) {
    return bytes;
  }
  __atomic_fetch_add(&faulty_files_short_calls, 1, __ATOMIC_RELAXED);
  return bytes / 2;
}

size_t read_size(int file, size_t bytes) { return is_faulty(file) ? shortened(bytes) : bytes; }

/** What may be written of so many bytes; 0 on a full disk. */
size_t write_size(int file, size_t bytes) {
  if (bytes == 0 || !is_faulty(file)) {
    return bytes;
  }
  size_t some = shortened(bytes);
  const int64_t left = __atomic_load_n(&faulty_files_bytes_left, __ATOMIC_RELAXED);
  if (left != INT64_MAX) {
    some = left < static_cast<int64_t>(some) ? static_cast<size_t>(left) : some;
    __atomic_fetch_sub(&faulty_files_bytes_left, static_cast<int64_t>(some), __ATOMIC_RELAXED);
  }
  return some;
}

ssize_t full() {
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {

ssize_t read(int file, void* to, size_t bytes) { return syscall(SYS_read, file, to, read_size(file, bytes)); }

ssize_t pread64(int file, void* to, size_t bytes, off64_t from) {
  return syscall(SYS_pread64, file, to, read_size(file, bytes), from);
}

ssize_t write(int file, const void* from, size_t bytes) {
  const size_t some = write_size(file, bytes);
  return some == 0 && bytes > 0 ? full() : syscall(SYS_write, file, from, some);
}

ssize_t pwrite64(int file, const void* from, size_t bytes, off64_t to) {
  const size_t some = write_size(file, bytes);
  return some == 0 && bytes > 0 ? full() : syscall(SYS_pwrite64, file, from, some, to);
}
}
