// SPDX-License-Identifier: Apache-2.0
#include "store/audit.h"

#include <system_error>
#include <utility>

#include "store/row_audit.h"
#include "store/sqlite/event_chain.h"
#include "store/sqlite/file_checks.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/row_checks.h"
#include "store/sqlite/rows.h"

namespace orc::store {

namespace {

Result<ProcessIdentity> process_of(const Statement& row) {
  return ProcessIdentity{row.small(0), row.integer(1), row.text(2)};
}
Result<JobFacts> job_facts(const Statement& row) {
  return JobFacts{JobId{row.integer(0)}, row.small(1), row.text(2), row.time_or_null(3)};
}
Result<BranchFacts> branch_facts(const Statement& row) {
  return BranchFacts{TaskId{row.integer(0)}, row.text(1), row.text(2), row.text(3), row.text(4)};
}
Result<ArtifactFacts> artifact_facts(const Statement& row) {
  return ArtifactFacts{row.integer(0), row.text(1), row.text(2)};
}

class SqliteAudit final : public Audit {
 public:
  explicit SqliteAudit(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<ChainReport> verify_events(const std::optional<ChainAnchor>& anchor) override {
    return store::verify_events(*database_, anchor);
  }

 private:
  std::unique_ptr<Database> database_;
};

class SqliteRowAudit final : public RowAudit {
 public:
  explicit SqliteRowAudit(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::vector<Violation>> check_rows(bool host_lives) override {
    ORC_CHECK_OK(database_->execute("BEGIN"));
    Result<std::vector<Violation>> found = store::check_rows(*database_, host_lives);
    (void)database_->execute("COMMIT");
    return found;
  }
  Result<std::optional<ProcessIdentity>> last_host() override {
    ORC_TRY(Statement row,
            database_->use("SELECT pid,start_ticks,boot_id FROM hosts ORDER BY id DESC LIMIT 1"));
    return read_one<ProcessIdentity>(row, process_of);
  }
  Result<std::optional<JobFacts>> job(JobId id) override {
    ORC_TRY(Statement row,
            database_->use("SELECT id,attempt,state,finished_at FROM jobs WHERE id=?1"));
    row.bind_all(id.value);
    return read_one<JobFacts>(row, job_facts);
  }
  Result<std::vector<BranchFacts>> branches() override {
    // While the merge gate puts a branch on its base, what was judged is not on it, until the
    // gate's own commit is.
    ORC_TRY(Statement rows,
            database_->use("SELECT id,work_item,repo,branch,head_commit FROM tasks"
                           " WHERE finished_at IS NULL AND head_commit<>'' AND NOT EXISTS"
                           " (SELECT 1 FROM jobs WHERE task_id=tasks.id AND kind='edge'"
                           " AND state='running') ORDER BY id"));
    return read_all<BranchFacts>(rows, branch_facts);
  }
  Result<std::vector<ArtifactFacts>> artifacts() override {
    ORC_TRY(
        Statement rows,
        database_->use("SELECT a.id,a.path,a.sha256 FROM tasks t JOIN artifacts a ON a.task_id=t.id"
                       " WHERE t.finished_at IS NULL AND a.sha256<>'' ORDER BY a.id"));
    return read_all<ArtifactFacts>(rows, artifact_facts);
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

Result<std::unique_ptr<Database>> open_read_only(const std::filesystem::path& file,
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
  return db;
}

}  // namespace

Result<std::unique_ptr<Audit>> open_sqlite_audit(const std::filesystem::path& file,
                                                 Millis busy_timeout) {
  ORC_TRY(std::unique_ptr<Database> db, open_read_only(file, busy_timeout));
  return std::unique_ptr<Audit>(new SqliteAudit(std::move(db)));
}

Result<std::unique_ptr<RowAudit>> open_sqlite_row_audit(const std::filesystem::path& file,
                                                        Millis busy_timeout) {
  ORC_TRY(std::unique_ptr<Database> db, open_read_only(file, busy_timeout));
  return std::unique_ptr<RowAudit>(new SqliteRowAudit(std::move(db)));
}

}  // namespace orc::store
