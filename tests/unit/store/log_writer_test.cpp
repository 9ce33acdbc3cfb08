// SPDX-License-Identifier: Apache-2.0
// The layer between SQLite and the log: a few calls a commit, and nothing that a reader may miss.
#include "store/sqlite/log_writer.h"

#include <fstream>

#include "contract/store/fixture.h"
#include "store/sqlite/database.h"
#include "unit/store/raw.h"

namespace orc::store {
namespace {

class LogWriter : public ::testing::Test {
 protected:
  LogWriter() {
    db_ = must(Database::open(file(), Access::create, Millis{1000}));
    must(db_->pragma("PRAGMA journal_mode=WAL"));
    must(db_->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)"));
  }
  void insert(int rows) {
    must(db_->execute("BEGIN IMMEDIATE"));
    for (int i = 0; i < rows; ++i) {
      must(db_->run("INSERT INTO t(text) VALUES(?1)", std::string(3000, 'x')));
    }
  }
  // Calls of this process that write to files.
  static int writes() {
    std::ifstream io("/proc/self/io");
    std::string name;
    int value = 0;
    while (io >> name >> value) {
      if (name == "syscw:") return value;
    }
    return -1;
  }
  std::filesystem::path file() const { return folder_.path() / "state.db"; }

  const test::TempDir folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(LogWriter, ACommitOfManyPagesIsAFewCalls) {
  insert(40);
  const int before = writes();
  must(db_->execute("COMMIT"));
  EXPECT_LE(writes() - before, 4);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "40");
}

TEST_F(LogWriter, ATransactionLargerThanTheCacheIsReadBackAndRolledBack) {
  must(db_->execute("PRAGMA cache_size=10"));
  insert(1000);
  EXPECT_EQ(must(db_->number("SELECT count(*) FROM t WHERE length(text)=3000", 0)), 1000);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "0") << "nothing is seen before the commit";
  must(db_->execute("ROLLBACK"));
  insert(700);
  must(db_->execute("COMMIT"));
  db_->checkpoint();
  insert(1);
  must(db_->execute("COMMIT"));
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "701");
  EXPECT_EQ(Raw(file()).value("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace orc::store
