// SPDX-License-Identifier: Apache-2.0
// From a path to a store: every reason to refuse comes before the first change to the file.
#include <sqlite3.h>
#include <sys/stat.h>

#include <system_error>
#include <utility>

#include "base/process_identity.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/instance_lock.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/reading.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

namespace fs = std::filesystem;

// A small file is checked at every start; the check takes a few milliseconds.
constexpr std::uintmax_t k_small_file = 4 * 1024 * 1024;

// The file's name with no symbolic link in its folder's part.
Result<fs::path> real_path(const fs::path& file) {
  std::error_code failed;
  const fs::path folder = fs::canonical(fs::absolute(file).parent_path(), failed);
  if (failed) return Error{ErrorKind::io, file.string() + ": " + failed.message()};
  return folder / file.filename();
}

Status check_owner(Database& db) {
  ORC_TRY(const std::int64_t id, db.number("PRAGMA application_id", 0));
  if (id == k_application_id) return Done{};
  return Error{ErrorKind::refused, db.file().string() +
                                       " belongs to another program; it was left as it is. Name "
                                       "another file in the configuration"};
}

// The end of a process cannot tear a page, the end of the machine can.
Result<bool> machine_went_down(Database& db) {
  ORC_TRY(Statement last, db.use("SELECT boot_id FROM hosts ORDER BY id DESC LIMIT 1"));
  ORC_TRY(const bool found, last.step());
  return found && last.text(0) != boot_id();
}

Result<bool> deserves_check(Database& db, FileState state) {
  std::error_code failed;
  if (fs::file_size(db.file(), failed) <= k_small_file && !failed) return true;
  if (state == FileState::clean) return false;
  return machine_went_down(db);
}

Status check_content(Database& db, FileState state) {
  ORC_TRY(const bool deserved, deserves_check(db, state));
  if (!deserved) return Done{};
  ORC_TRY(Statement check, db.use("PRAGMA quick_check(1)"));
  ORC_TRY(const bool answered, check.step());
  const std::string answer = answered ? check.text(0) : "no answer";
  if (answer == "ok") return Done{};
  return Error{ErrorKind::malformed, "its pages contradict each other: " + answer};
}

Error damaged(const fs::path& file, Error error) {
  return Error{ErrorKind::malformed, file.string() +
                                         " is damaged and was left as it is; restore a backup "
                                         "(" +
                                         error.message + ")"};
}

Status use_log(Database& db) {
  ORC_TRY(const std::string answer, db.pragma("PRAGMA journal_mode=WAL"));
  if (answer == "wal") return Done{};
  return Error{
      ErrorKind::unavailable,
      db.file().string() + ": SQLite cannot keep a write-ahead log here, it answers " + answer};
}

Status check_existing(Database& db, FileState state) {
  Status owned = check_owner(db);
  if (owned.ok()) owned = check_content(db, state);
  if (owned.ok() || owned.error().kind != ErrorKind::malformed) return owned;
  return damaged(db.file(), std::move(owned).error());
}

Result<std::unique_ptr<Database>> open_existing(const fs::path& file, FileState state,
                                                Millis busy_timeout) {
  Result<std::unique_ptr<Database>> opened = Database::open(file, Access::write, busy_timeout);
  if (!opened.ok() && opened.error().kind == ErrorKind::malformed) {
    return damaged(file, std::move(opened).error());
  }
  if (!opened.ok()) return opened;
  // A refused file is left with the log it had; an empty one of our own making goes.
  opened.value()->keep_log_on_close(state == FileState::unclean);
  ORC_CHECK_OK(check_existing(*opened.value(), state));
  return opened;
}

Status create_as(const fs::path& file, Millis busy_timeout) {
  ORC_TRY(std::unique_ptr<Database> db, Database::open(file, Access::create, busy_timeout));
  ORC_CHECK_OK(use_log(*db));
  ORC_CHECK_OK(migrate(*db, known_migrations(), wall_now()));
  db->keep_log_on_close(false);
  return Done{};
}

// Under another name first: a start that was cut short leaves no half database that the next one
// would refuse.
Status create(const fs::path& file, Millis busy_timeout) {
  const fs::path fresh = file.string() + ".new";
  std::error_code failed;
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(fresh.string() + part, failed);
  ORC_CHECK_OK(create_as(fresh, busy_timeout));
  fs::rename(fresh, file, failed);
  if (failed) return Error{ErrorKind::io, file.string() + ": " + failed.message()};
  return sync(file.parent_path());
}

Result<std::unique_ptr<Database>> open_writer(const fs::path& file, Millis busy_timeout) {
  ORC_TRY(const FileState state, inspect(file));
  if (state == FileState::missing) ORC_CHECK_OK(create(file, busy_timeout));
  ORC_TRY(std::unique_ptr<Database> db, open_existing(file, state, busy_timeout));
  ORC_CHECK_OK(use_log(*db));
  ORC_CHECK_OK(migrate(*db, known_migrations(), wall_now()));
  db->keep_log_on_close(false);
  return db;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, Millis busy_timeout) {
  ORC_CHECK_OK(prepare_folder(std::filesystem::absolute(file).parent_path()));
  ORC_TRY(const std::filesystem::path real, real_path(file));
  ORC_TRY(InstanceLock lock, InstanceLock::acquire(real));
  // SQLite gives its own files the mode of the database.
  const mode_t mask = ::umask(0077);
  Result<std::unique_ptr<Database>> db = open_writer(real, busy_timeout);
  ::umask(mask);
  if (!db.ok()) return std::move(db).error();
  return std::unique_ptr<Store>(
      new SqliteStore(std::move(db).value(), std::move(lock), busy_timeout));
}

Status back_up_sqlite(const fs::path& file, const fs::path& copy, Millis busy_timeout) {
  std::error_code ignored;
  if (fs::exists(copy, ignored))
    return Error{ErrorKind::conflict, copy.string() + " is there already"};
  ORC_TRY(const fs::path real, real_path(file));
  ORC_TRY(std::unique_ptr<Database> db, Database::open(real, Access::copy, busy_timeout));
  ORC_CHECK_OK(check_owner(*db));
  return copy_whole(*db, copy);
}

std::string_view sqlite_version() {
  return sqlite3_libversion();
}

Result<std::unique_ptr<Reader>> open_sqlite_reader(const std::filesystem::path& file,
                                                   Millis busy_timeout) {
  ORC_TRY(const std::filesystem::path real, real_path(file));
  ORC_TRY(std::unique_ptr<Database> db, Database::open(real, Access::read, busy_timeout));
  ORC_CHECK_OK(check_owner(*db));
  return std::unique_ptr<Reader>(new WithReads<Reader>(std::move(db)));
}

}  // namespace orc::store
