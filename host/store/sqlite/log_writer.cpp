// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/log_writer.h"

#include <sqlite3.h>

#include <cstddef>
#include <new>
#include <string>

namespace orc::store {

namespace {

// The largest page of SQLite: its own layer takes no more at once (os_unix.c keeps 17 bits of it).
constexpr std::size_t k_most_kept = std::size_t{1} << 16;
// The file grows by so much at once: for a dozen batches, or a hundred commits of one transition.
constexpr sqlite3_int64 k_ahead = sqlite3_int64{1} << 20;

// SQLite gives each file a block of memory of the layer's szOsFile: this, and behind it the default
// layer's own file.
struct LogFile {
  sqlite3_file base;
  std::string* kept;  // not yet given to the kernel; one piece of the file
  sqlite3_int64 kept_from;
  sqlite3_int64 size;  // of the file, 0 before the first look at it
};

constexpr std::size_t k_own_size = (sizeof(LogFile) + alignof(std::max_align_t) - 1) /
                                   alignof(std::max_align_t) * alignof(std::max_align_t);

LogFile& log_of(sqlite3_file* file) {
  return *reinterpret_cast<LogFile*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + k_own_size);
}

// A sync of a file that has not grown is one write for the disk; of one that has, the file's own
// record is a second. What stands behind the last commit is never taken for one: each frame's sum
// includes those before it. Where there is no room, the file ends where it must.
void grow_ahead(LogFile& log, sqlite3_file* real, sqlite3_int64 end) {
  static const std::string zeros(k_most_kept, '\0');
  const sqlite3_io_methods& methods = *real->pMethods;
  if (log.size == 0 && methods.xFileSize(real, &log.size) != SQLITE_OK) return;
  if (end < log.size) return;
  const auto piece = static_cast<sqlite3_int64>(zeros.size());
  for (log.size = end; log.size < end + k_ahead; log.size += piece) {
    if (methods.xWrite(real, zeros.data(), static_cast<int>(zeros.size()), log.size) == SQLITE_OK)
      continue;
    methods.xTruncate(real, end);
    log.size = end;
    return;
  }
}

// What cannot be written is given up, as SQLite gives up the transaction whose frames they are: the
// next one writes over the same place.
int write_kept(sqlite3_file* file) {
  LogFile& log = log_of(file);
  if (log.kept->empty()) return SQLITE_OK;
  sqlite3_file* real = below(file);
  const int code = real->pMethods->xWrite(real, log.kept->data(),
                                          static_cast<int>(log.kept->size()), log.kept_from);
  if (code == SQLITE_OK)
    grow_ahead(log, real, log.kept_from + static_cast<sqlite3_int64>(log.kept->size()));
  log.kept->clear();
  return code;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  const auto count = static_cast<std::size_t>(size);
  const auto end = log.kept_from + static_cast<sqlite3_int64>(log.kept->size());
  if (!log.kept->empty() && (offset != end || log.kept->size() + count > k_most_kept)) {
    if (const int code = write_kept(file); code != SQLITE_OK) return code;
  }
  if (log.kept->empty()) log.kept_from = offset;
  try {
    log.kept->append(static_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

// Every other call is the default layer's, on a file that holds all that was written.
template <auto Method, typename... Arguments>
int pass(sqlite3_file* file, Arguments... arguments) {
  if (const int code = write_kept(file); code != SQLITE_OK) return code;
  sqlite3_file* real = below(file);
  return (real->pMethods->*Method)(real, arguments...);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  log_of(file).size = 0;
  return pass<&sqlite3_io_methods::xTruncate>(file, size);
}

int close(sqlite3_file* file) {
  const int written = write_kept(file);
  delete log_of(file).kept;
  sqlite3_file* real = below(file);
  const int closed = real->pMethods->xClose(real);
  return written == SQLITE_OK ? closed : written;
}

// A log is never locked, mapped or shared: version 1 has all that is asked of it.
constexpr sqlite3_io_methods k_log_methods{
    .iVersion = 1,
    .xClose = close,
    .xRead = pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = pass<&sqlite3_io_methods::xSync, int>,
    .xFileSize = pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = pass<&sqlite3_io_methods::xLock, int>,
    .xUnlock = pass<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = pass<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize =
        [](sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) {
          return below(file)->pMethods->xDeviceCharacteristics(below(file));
        },
};

sqlite3_vfs& default_layer(sqlite3_vfs* layer) {
  return *static_cast<sqlite3_vfs*>(layer->pAppData);
}

int open(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs& real = default_layer(layer);
  if ((flags & SQLITE_OPEN_WAL) == 0) return real.xOpen(&real, name, file, flags, out_flags);
  file->pMethods = nullptr;
  auto* kept = new (std::nothrow) std::string;
  if (kept == nullptr) return SQLITE_NOMEM;
  const int code = real.xOpen(&real, name, below(file), flags, out_flags);
  if (code != SQLITE_OK) {
    delete kept;
    return code;
  }
  new (file) LogFile{.base = {.pMethods = &k_log_methods}, .kept = kept, .kept_from = 0, .size = 0};
  return SQLITE_OK;
}

const char* register_layer() {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  if (real == nullptr) return nullptr;
  static sqlite3_vfs layer = *real;
  layer.zName = "orchestrator";
  layer.szOsFile = static_cast<int>(k_own_size) + real->szOsFile;
  layer.pNext = nullptr;
  layer.pAppData = real;
  layer.xOpen = open;
  return sqlite3_vfs_register(&layer, 0) == SQLITE_OK ? layer.zName : nullptr;
}

}  // namespace

const char* log_writer_vfs() {
  static const char* const name = register_layer();
  return name;
}

}  // namespace orc::store
