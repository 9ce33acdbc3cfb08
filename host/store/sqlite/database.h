// SPDX-License-Identifier: Apache-2.0
// One SQLite connection with its prepared statements. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace orc::store {

// Bytes that are no text; bound without a copy.
struct Blob {
  std::string_view bytes;
};

// A statement in use: bound, stepped, and reset at the end of its scope. Text is bound without a
// copy and must outlive the statement's use.
class Statement {
 public:
  Statement(class Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}
  Statement(Statement&& other) noexcept
      : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  template <typename... Values>
  void bind_all(const Values&... values) {
    [[maybe_unused]] int index = 0;
    (bind(++index, values), ...);
  }
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, int value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, bool value) { sqlite3_bind_int64(statement_, index, value ? 1 : 0); }
  void bind(int index, double value) { sqlite3_bind_double(statement_, index, value); }
  void bind(int index, WallTime value) { bind(index, value.ms); }
  void bind(int index, std::string_view value);
  void bind(int index, const Blob& value) {
    sqlite3_bind_blob(statement_, index, value.bytes.data(), static_cast<int>(value.bytes.size()),
                      SQLITE_STATIC);
  }
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  void bind(int index, std::nullopt_t) { sqlite3_bind_null(statement_, index); }
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, std::nullopt);
    }
  }

  // True: a row is ready.
  Result<bool> step();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  int small(int column) const { return static_cast<int>(integer(column)); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  WallTime time(int column) const { return WallTime{integer(column)}; }
  std::optional<WallTime> time_or_null(int column) const;
  std::optional<std::int64_t> integer_or_null(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;

 private:
  Database* database_;
  sqlite3_stmt* statement_;
};

enum class Access : std::uint8_t {
  create,  // the writer of a file that does not exist yet
  write,   // the writer
  read,    // a reader: no statement of it can write
  copy,    // a reader whose VACUUM INTO may write the copy
};

class Database {
 public:
  // Opens the file with every safety setting in force, and checks those that SQLite may ignore.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Access access,
                                                Millis busy_timeout);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Any number of statements, no parameters, no rows.
  Status execute(const char* sql);
  // `sql` is a literal: prepared once, found again by its address.
  Result<Statement> use(const char* sql);
  // Runs a statement with parameters; the number of rows it changed.
  template <typename... Values>
  Result<int> run(const char* sql, const Values&... values) {
    ORC_TRY(Statement statement, use(sql));
    statement.bind_all(values...);
    ORC_TRY(const bool row, statement.step());
    (void)row;
    return sqlite3_changes(handle_);
  }
  // One integer, or `otherwise` where there is no row.
  template <typename... Values>
  Result<std::int64_t> number(const char* sql, std::int64_t otherwise, const Values&... values) {
    ORC_TRY(Statement statement, use(sql));
    statement.bind_all(values...);
    ORC_TRY(const bool row, statement.step());
    return row ? statement.integer(0) : otherwise;
  }
  Result<std::string> pragma(const char* sql);

  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() const { return handle_; }

  // What a result code means to the caller; remembers what it says about batch and connection.
  Error error(int code);
  // An operation failed for another reason than a rule of the schema: the open batch may be gone.
  bool batch_broken() const { return batch_broken_; }
  void start_afresh() { batch_broken_ = false; }
  // The disk failed under this connection: what it has in memory is not to be trusted.
  bool distrusted() const { return distrusted_; }

  // While the log is kept, the end of this connection leaves file and log exactly as they are.
  void keep_log_on_close(bool keep);
  // Pages of the write-ahead log that no checkpoint has moved into the file yet.
  int pending_pages() const {
    return log_pages_ < moved_pages_ ? log_pages_ : log_pages_ - moved_pages_;
  }
  // Moves what it can without waiting for anybody.
  void checkpoint();

 private:
  Database(std::filesystem::path file, sqlite3* handle) : file_(std::move(file)), handle_(handle) {}
  Status configure(Access access, Millis busy_timeout);
  Status configure_writer();
  static int wait_while_busy(void* database, int waited_before);

  std::filesystem::path file_;
  sqlite3* handle_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  bool batch_broken_ = false;
  bool distrusted_ = false;
  MonoTime busy_since_;  // of the wait for a lock that goes on
  Millis busy_timeout_{0};
  int log_pages_ = 0;    // in the log after the last commit; starts anew once all were moved
  int moved_pages_ = 0;  // of these, moved by the last checkpoint
};

}  // namespace orc::store
