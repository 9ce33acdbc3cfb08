// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/database.h"

#include <utility>

namespace orc::store {

namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
      return ErrorKind::unavailable;
    case SQLITE_CONSTRAINT:
      return ErrorKind::conflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::malformed;
    default:
      return ErrorKind::internal;
  }
}

}  // namespace

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
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
  sqlite3* handle = sqlite3_db_handle(statement_);
  return Error{kind_of(code), std::string("database: ") + sqlite3_errmsg(handle)};
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

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Access access,
                                                 Millis busy_timeout) {
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
      (access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) {
    return Error{kind_of(code), file.string() + ": " + sqlite3_errstr(code)};
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return Error{kind_of(code), std::string("database: ") + sqlite3_errmsg(handle_)};
  return Done{};
}

Result<Statement> Database::use(const char* sql) {
  auto [known, is_new] = statements_.try_emplace(sql, nullptr);
  if (is_new) {
    const int code =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &known->second, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(known);
      return Error{kind_of(code), std::string("database: ") + sqlite3_errmsg(handle_)};
    }
  }
  return Statement(known->second);
}

Result<std::string> Database::pragma(const char* sql) {
  ORC_TRY(Statement statement, use(sql));
  ORC_TRY(const bool row, statement.step());
  return row ? statement.text(0) : std::string();
}

}  // namespace orc::store
