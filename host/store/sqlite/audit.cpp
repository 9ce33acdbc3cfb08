// SPDX-License-Identifier: Apache-2.0
#include "store/audit.h"

#include <system_error>
#include <utility>

#include "store/sqlite/event_chain.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/migrations.h"

namespace orc::store {

namespace {

class SqliteAudit final : public Audit {
 public:
  explicit SqliteAudit(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<ChainReport> verify_events(const std::optional<ChainAnchor>& anchor) override {
    return store::verify_events(*database_, anchor);
  }

 private:
  std::unique_ptr<Database> database_;
};

Status check_schema(Database& db) {
  ORC_TRY(const std::int64_t version, db.number("PRAGMA user_version", 0));
  const auto known = static_cast<std::int64_t>(known_migrations().size());
  if (version == known) return Done{};
  return Error{ErrorKind::refused,
               db.file().string() + ": has schema " + std::to_string(version) +
                   ", this program looks over schema " + std::to_string(known) +
                   (version < known ? "; start this host on it once, which migrates it"
                                    : "; use the newer program")};
}

}  // namespace

Result<std::unique_ptr<Audit>> open_sqlite_audit(const std::filesystem::path& file,
                                                 Millis busy_timeout) {
  ORC_TRY(const FileState state, inspect(file));
  if (state == FileState::missing)
    return Error{ErrorKind::not_found, file.string() + ": there is no such database"};
  // SQLite takes no link in the path.
  std::error_code failed;
  const std::filesystem::path folder =
      std::filesystem::canonical(std::filesystem::absolute(file).parent_path(), failed);
  if (failed) return Error{ErrorKind::io, file.string() + ": " + failed.message()};
  ORC_TRY(std::unique_ptr<Database> db,
          Database::open(folder / file.filename(), Access::read, busy_timeout));
  ORC_CHECK_OK(check_schema(*db));
  return std::unique_ptr<Audit>(new SqliteAudit(std::move(db)));
}

}  // namespace orc::store
