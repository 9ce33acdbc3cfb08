// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/migrations.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "store/migrations.h"
#include "store/sqlite/file_checks.h"

namespace orc::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* k_history =
    "CREATE TABLE IF NOT EXISTS schema_migrations(version INTEGER PRIMARY KEY, sha256 TEXT NOT "
    "NULL,"
    " applied_at INTEGER NOT NULL) STRICT";

// A file name without characters that some shells read: 20261121T020311Z.
std::string stamp(WallTime now) {
  std::string text = to_iso8601(now);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<fs::path> back_up(Database& db, std::int64_t version, WallTime now) {
  const fs::path folder = db.file().parent_path() / "backup";
  ORC_CHECK_OK(make_folder(folder));
  const fs::path copy = folder / (db.file().stem().string() + "-v" + std::to_string(version) + "-" +
                                  stamp(now) + "-" + random_hex(2) + ".db");
  ORC_CHECK_OK(copy_whole(db, copy));
  return copy;
}

Status apply_inside(Database& db, std::int64_t version, const char* sql, WallTime now) {
  ORC_CHECK_OK(db.execute(k_history));
  ORC_CHECK_OK(db.execute(sql));
  ORC_TRY(const int noted,
          db.run("INSERT INTO schema_migrations VALUES(?1,?2,?3)", version, sha256_hex(sql), now));
  (void)noted;
  const std::string marks = "PRAGMA application_id=" + std::to_string(k_application_id) +
                            ";PRAGMA user_version=" + std::to_string(version);
  return db.execute(marks.c_str());
}

Status apply(Database& db, std::int64_t version, const char* sql, WallTime now) {
  ORC_CHECK_OK(db.execute("BEGIN IMMEDIATE"));
  Status applied = apply_inside(db, version, sql, now);
  if (applied.ok()) applied = db.execute("COMMIT");
  if (applied.ok()) return applied;
  if (db.in_transaction()) (void)db.execute("ROLLBACK");
  return std::move(applied).error().while_doing("migration " + std::to_string(version));
}

// The same number must stand for the same text: a file of a build that was never released is not
// ours.
Status check_history(Database& db, std::span<const char* const> known) {
  ORC_TRY(Statement row, db.use("SELECT version,sha256 FROM schema_migrations ORDER BY version"));
  while (true) {
    ORC_TRY(const bool more, row.step());
    if (!more) return Done{};
    const auto at = static_cast<std::size_t>(row.integer(0) - 1);
    if (at < known.size() && row.text(1) == sha256_hex(known[at])) continue;
    return Error{ErrorKind::refused,
                 db.file().string() + ": migration " + std::to_string(at + 1) +
                     " is not the one that this program knows by that number; start the program "
                     "that made the file, or name another file"};
  }
}

}  // namespace

Status copy_whole(Database& db, const fs::path& copy) {
  const fs::path partial = copy.string() + ".partial";
  std::error_code failed;
  fs::remove(partial, failed);
  ORC_TRY(const int copied, db.run("VACUUM INTO ?1", partial.string()));
  (void)copied;
  fs::permissions(partial, fs::perms::owner_read | fs::perms::owner_write, failed);
  ORC_CHECK_OK(sync(partial));
  if (!failed) fs::rename(partial, copy, failed);
  if (failed) return Error{ErrorKind::io, copy.string() + ": " + failed.message()};
  return sync(fs::absolute(copy).parent_path());
}

std::span<const char* const> known_migrations() {
  return k_migrations;
}

Status migrate(Database& db, std::span<const char* const> known, WallTime now) {
  ORC_TRY(const std::int64_t version, db.number("PRAGMA user_version", 0));
  const auto newest = static_cast<std::int64_t>(known.size());
  if (version > newest) {
    return Error{
        ErrorKind::refused,
        db.file().string() + ": has schema " + std::to_string(version) + ", this program knows " +
            std::to_string(newest) +
            "; start the newer program, or restore the backup made before its first start"};
  }
  if (version > 0) ORC_CHECK_OK(check_history(db, known));
  if (version == newest) return Done{};
  if (version > 0) {
    ORC_TRY(const fs::path copy, back_up(db, version, now));
    log(LogLevel::info, "store.backup", "copied before the migration",
        {{"file", copy.string()}, {"schema", std::to_string(version)}});
  }
  for (std::int64_t next = version; next < newest; ++next) {
    ORC_CHECK_OK(apply(db, next + 1, known[static_cast<std::size_t>(next)], now));
  }
  return Done{};
}

}  // namespace orc::store
