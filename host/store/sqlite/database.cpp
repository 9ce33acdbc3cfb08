// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/database.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "store/sqlite/log_writer.h"
#include "store/store.h"

namespace orc::store {

namespace {

// About 4 MB of pages, taken only as they are used: the hot ends of every table. Larger is slower: a
// commit that has balanced a tree looks at every page that is kept. To put pages in order SQLite gives
// one the number of its lock page for a moment (btree.c, balance_nonroot), and then forgets all that
// are kept beyond the end of the file.
constexpr const char* k_every_connection =
    "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
    "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096;";
// Debian builds SQLite to overwrite what is deleted with zeros. Nothing secret is stored here, and
// every index entry that moves would pay for it. The checkpointer moves the log.
// A transition changes a few hundred bytes in each of a dozen pages, and every page goes to the log
// whole: small ones halve what a commit sums, writes and syncs. Counts for a new database only.
constexpr const char* k_writer =
    "PRAGMA page_size=2048; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
    "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;";

std::atomic<std::int64_t> g_busy_waits{0};

ErrorKind kind_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return ErrorKind::conflict;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return ErrorKind::not_found;
    case SQLITE_CONSTRAINT_TRIGGER:
    case SQLITE_CONSTRAINT_CHECK:
      return ErrorKind::refused;
    default:
      break;
  }
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
      return ErrorKind::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::malformed;
    default:
      return ErrorKind::internal;
  }
}

int note_log_pages(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<int*>(pages) = in_log;
  return SQLITE_OK;
}

// Counting every allocation under a lock costs a tenth of a small statement, and nobody asks for
// the count.
void configure_library() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
}

}  // namespace

std::int64_t busy_waits() {
  return g_busy_waits;
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  // What was bound stays bound, but is not read before the next use has bound its own.
  sqlite3_reset(statement_);
}

void Statement::bind(int index, std::string_view value) {
  // An empty view may have no address, which SQLite would read as NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text(statement_, index, data, static_cast<int>(value.size()), SQLITE_STATIC);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->error(code);
}

std::optional<WallTime> Statement::time_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(time(column));
}

std::optional<std::int64_t> Statement::integer_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Access access,
                                                 Millis busy_timeout) {
  configure_library();
  int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const bool reads = access == Access::read || access == Access::copy;
  flags |= reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const char* layer = access == Access::read ? nullptr : log_writer_vfs();
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, layer);
  std::unique_ptr<Database> database(new Database(file, handle));
  if (code != SQLITE_OK) return database->error(code);
  // SQLite falls back to a connection that can only read, and would stay with it for good
  // (sqlite3_open_v2, SQLITE_OPEN_READWRITE).
  if (!reads && sqlite3_db_readonly(handle, "main") == 1)
    return Error{ErrorKind::unavailable, file.string() + ": cannot be opened for writing"};
  ORC_CHECK_OK(database->configure(access, busy_timeout));
  return database;
}

Status Database::configure(Access access, Millis busy_timeout) {
  keep_log_on_close(true);
  busy_timeout_ = busy_timeout;
  sqlite3_busy_handler(handle_, &wait_while_busy, this);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  ORC_CHECK_OK(execute(k_every_connection));
  ORC_TRY(const std::string keys, pragma("PRAGMA foreign_keys"));
  if (keys != "1") {
    return Error{ErrorKind::unavailable, file_.string() + ": foreign keys cannot be switched on"};
  }
  if (access == Access::copy) return Done{};
  return access == Access::read ? execute("PRAGMA query_only=ON") : configure_writer();
}

// What sqlite3_busy_timeout() does, and counted.
int Database::wait_while_busy(void* database, int waited_before) {
  auto& self = *static_cast<Database*>(database);
  const MonoTime now = mono_now();
  if (waited_before == 0) {
    g_busy_waits.fetch_add(1);
    self.busy_since_ = now;
  }
  const MonoTime until = self.busy_since_ + self.busy_timeout_;
  if (now >= until) return 0;
  const Millis pause{std::min(1 << std::min(waited_before, 6), 50)};
  std::this_thread::sleep_until(std::min<MonoTime>(now + pause, until));
  return 1;
}

Status Database::configure_writer() {
  ORC_CHECK_OK(execute(k_writer));
  ORC_TRY(const std::string synchronous, pragma("PRAGMA synchronous"));
  if (synchronous != "2") {
    return Error{ErrorKind::unavailable, file_.string() + ": synchronous=FULL was not accepted"};
  }
  sqlite3_wal_hook(handle_, note_log_pages, &log_pages_);
  return Done{};
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Error Database::error(int code) {
  const int extended = sqlite3_extended_errcode(handle_);
  if ((extended & 0xFF) == (code & 0xFF)) code = extended;
  const int primary = code & 0xFF;
  if (primary != SQLITE_CONSTRAINT) batch_broken_ = true;
  if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT) distrusted_ = true;
  return Error{kind_of(code), "database " + file_.string() + ": " + sqlite3_errmsg(handle_) +
                                  " (SQLite " + std::to_string(code) + ")"};
}

void Database::keep_log_on_close(bool keep) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void Database::checkpoint() {
  int in_log = 0;
  int moved = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (code != SQLITE_OK) return;
  log_pages_ = in_log;
  moved_pages_ = moved;
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return Done{};
}

Result<Statement> Database::use(const char* sql) {
  auto [known, is_new] = statements_.try_emplace(sql, nullptr);
  if (is_new) {
    const int code =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &known->second, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(known);
      return error(code);
    }
  }
  return Statement(*this, known->second);
}

Result<std::string> Database::pragma(const char* sql) {
  ORC_TRY(Statement statement, use(sql));
  ORC_TRY(const bool row, statement.step());
  return row ? statement.text(0) : std::string();
}

}  // namespace orc::store
