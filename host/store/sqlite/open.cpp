// SPDX-License-Identifier: Apache-2.0
// Opening: one writer a file, a database that is really ours, in the mode we rely on, at the schema
// we know.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/log.h"
#include "store/migrations.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

constexpr std::int64_t k_application_id = 0x4F726368;  // "Orch"

// SQLite's locks are not to be trusted over a network; https://www.sqlite.org/howtocorrupt.html
// section 2.1.
constexpr std::array<long, 4> k_network_file_systems{NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,
                                                     0xFF534D42 /* CIFS */, CODA_SUPER_MAGIC};

Status refuse_network_file_system(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0)
    return Error{ErrorKind::io, folder.string() + ": cannot be examined"};
  const bool network = std::find(k_network_file_systems.begin(), k_network_file_systems.end(),
                                 static_cast<long>(info.f_type)) != k_network_file_systems.end();
  if (!network) return Done{};
  return Error{ErrorKind::refused,
               folder.string() + ": on a network file system; keep the database on a local disk"};
}

// Beside the database, never on it: closing any descriptor of the database file would drop SQLite's
// own locks.
Result<UniqueFd> lock_instance(const std::filesystem::path& file) {
  const std::string name = file.string() + ".lock";
  UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return Error{ErrorKind::io, name + ": cannot be opened"};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const Result<std::string> owner = read_file(name, 64);
    return Error{ErrorKind::conflict,
                 file.string() + ": in use by another host" +
                     (owner.ok() && !owner.value().empty() ? ", pid " + owner.value() : "")};
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return Error{ErrorKind::io, name + ": cannot be written"};
  }
  return fd;
}

Status set_modes(Database& db, const std::filesystem::path& file) {
  ORC_TRY(const std::string mode, db.pragma("PRAGMA journal_mode=WAL"));
  if (mode != "wal") {
    return Error{ErrorKind::io,
                 file.string() + ": does not take write-ahead logging (answers \"" + mode + "\")"};
  }
  ORC_CHECK_OK(db.execute(
      "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;"
      "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000;"
      "PRAGMA journal_size_limit=67108864;"));
  ORC_TRY(const std::string keys, db.pragma("PRAGMA foreign_keys"));
  if (keys != "1")
    return Error{ErrorKind::internal, "database: foreign keys cannot be switched on"};
  return Done{};
}

Status back_up(Database& db, const std::filesystem::path& file, std::int64_t version) {
  const std::string copy = file.string() + ".before-migration-" + std::to_string(version);
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  ORC_TRY(const int rows, db.run("VACUUM INTO ?1", copy));
  (void)rows;
  log(LogLevel::info, "store.backup", "copied before the migration", {{"file", copy}});
  return Done{};
}

Status migrate(Database& db, const std::filesystem::path& file) {
  ORC_TRY(const std::int64_t application, db.number("PRAGMA application_id", 0));
  ORC_TRY(const std::int64_t version, db.number("PRAGMA user_version", 0));
  ORC_TRY(const std::int64_t tables, db.number("SELECT count(*) FROM sqlite_schema", 0));
  if (tables > 0 && application != k_application_id) {
    return Error{ErrorKind::refused, file.string() + ": is a database of another program"};
  }
  const auto known = static_cast<std::int64_t>(k_migrations.size());
  if (version > known) {
    return Error{ErrorKind::refused, file.string() + ": has schema " + std::to_string(version) +
                                         ", this program knows " + std::to_string(known) +
                                         "; start the newer program, or restore a backup"};
  }
  if (version == known) return Done{};
  if (version > 0) ORC_CHECK_OK(back_up(db, file, version));
  for (std::int64_t next = version; next < known; ++next) {
    const std::string script =
        std::string("BEGIN IMMEDIATE;") + k_migrations[static_cast<std::size_t>(next)] +
        "CREATE TABLE IF NOT EXISTS schema_migrations(version INTEGER PRIMARY KEY,"
        "applied_at INTEGER NOT NULL) STRICT;"
        "INSERT INTO schema_migrations VALUES(" +
        std::to_string(next + 1) + "," + std::to_string(wall_now().ms) +
        ");PRAGMA application_id=" + std::to_string(k_application_id) +
        ";PRAGMA user_version=" + std::to_string(next + 1) + ";COMMIT;";
    if (Status applied = db.execute(script.c_str()); !applied.ok()) {
      (void)db.execute("ROLLBACK");
      return std::move(applied).error().while_doing(file.string() + ": migration " +
                                                    std::to_string(next + 1));
    }
  }
  return Done{};
}

Error explain(Error error, const std::filesystem::path& file) {
  if (error.kind != ErrorKind::malformed) return error;
  return Error{ErrorKind::malformed,
               file.string() + ": is damaged or not a database (" + error.message +
                   "); it was left as it is. Restore a backup, or move it away to start empty"};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, Millis busy_timeout) {
  ORC_CHECK_OK(make_folder(file.parent_path()));
  ORC_CHECK_OK(refuse_network_file_system(file.parent_path()));
  ORC_TRY(UniqueFd lock, lock_instance(file));
  const mode_t before = ::umask(0077);
  Result<std::unique_ptr<Database>> opened = Database::open(file, Access::write, busy_timeout);
  Status ready = opened.ok() ? set_modes(*opened.value(), file) : Status(opened.error());
  if (ready.ok()) ready = migrate(*opened.value(), file);
  ::umask(before);
  if (!ready.ok()) return explain(std::move(ready).error(), file);
  return std::unique_ptr<Store>(new SqliteStore(std::move(opened).value(), std::move(lock)));
}

Result<std::unique_ptr<Reader>> open_sqlite_reader(const std::filesystem::path& file,
                                                   Millis busy_timeout) {
  ORC_TRY(std::unique_ptr<Database> db, Database::open(file, Access::read, busy_timeout));
  ORC_CHECK_OK(db->execute("PRAGMA query_only=ON; PRAGMA cache_size=-8192;"));
  return std::unique_ptr<Reader>(new WithReads<Reader>(std::move(db)));
}

}  // namespace orc::store
