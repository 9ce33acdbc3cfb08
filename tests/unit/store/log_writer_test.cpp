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
  void commit(int rows) {
    insert(rows);
    must(db_->execute("COMMIT"));
  }
  std::uintmax_t log_size() const { return std::filesystem::file_size(file().string() + "-wal"); }
  std::filesystem::path file() const { return folder_.path() / "state.db"; }

  const test::TempDir folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(LogWriter, ACommitOfManyPagesIsAFewCalls) {
  commit(1);
  insert(40);
  const int before = writes();
  must(db_->execute("COMMIT"));
  EXPECT_LE(writes() - before, 4);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "41");
}

TEST_F(LogWriter, ATransactionLargerThanTheCacheIsReadBackAndRolledBack) {
  must(db_->execute("PRAGMA cache_size=10"));
  insert(1000);
  EXPECT_EQ(must(db_->number("SELECT count(*) FROM t WHERE length(text)=3000", 0)), 1000);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "0")
      << "nothing is seen before the commit";
  must(db_->execute("ROLLBACK"));
  insert(700);
  must(db_->execute("COMMIT"));
  db_->checkpoint();
  insert(1);
  must(db_->execute("COMMIT"));
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "701");
  EXPECT_EQ(Raw(file()).value("PRAGMA integrity_check"), "ok");
}

TEST_F(LogWriter, TheLogGrowsAheadOfItsCommitsSoThatASyncHasOnlyThemToWrite) {
  commit(1);
  const std::uintmax_t ahead = log_size();
  for (int i = 0; i < 50; ++i) commit(1);
  EXPECT_EQ(log_size(), ahead);
  for (int i = 0; i < 400; ++i) commit(1);
  EXPECT_GT(log_size(), ahead);
  const std::uintmax_t grown = log_size();
  db_->checkpoint();
  for (int i = 0; i < 50; ++i) commit(1);
  EXPECT_EQ(log_size(), grown) << "what is written anew has its place";
}

// As after a crash: nobody closed the database, and whoever opens it has SQLite's own layer.
TEST_F(LogWriter, WhatStandsBehindTheLastCommitIsNoPartOfTheDatabase) {
  for (int i = 0; i < 9; ++i) commit(1);
  const std::filesystem::path copy = folder_.path() / "copy.db";
  std::filesystem::copy_file(file(), copy);
  std::filesystem::copy_file(file().string() + "-wal", copy.string() + "-wal");
  EXPECT_EQ(Raw(copy).value("SELECT count(*) FROM t"), "9");
  EXPECT_EQ(Raw(copy).value("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace orc::store
