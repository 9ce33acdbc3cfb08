// SPDX-License-Identifier: Apache-2.0
// The log is moved beside the writer, and nothing that was committed depends on when.
#include "store/sqlite/checkpointer.h"

#include <thread>

#include "contract/store/fixture.h"
#include "store/sqlite/database.h"
#include "unit/store/raw.h"

namespace orc::store {
namespace {

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    db_ = must(Database::open(file(), Access::create, Millis{1000}));
    must(db_->pragma("PRAGMA journal_mode=WAL"));
    must(db_->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)"));
  }
  void commit(int rows) {
    must(db_->execute("BEGIN IMMEDIATE"));
    for (int i = 0; i < rows; ++i)
      must(db_->run("INSERT INTO t(text) VALUES(?1)", std::string(3000, 'x')));
    must(db_->execute("COMMIT"));
  }
  static bool ended(Checkpointer& checkpointer) {
    const MonoTime patience = mono_now() + Millis{10'000};
    while (!checkpointer.take_ended()) {
      if (mono_now() > patience) return false;
      std::this_thread::yield();
    }
    return true;
  }
  // What a copy of the file without its log holds.
  std::string rows_in_file() const {
    const std::filesystem::path copy = folder_.path() / "copy.db";
    std::filesystem::copy_file(file(), copy, std::filesystem::copy_options::overwrite_existing);
    return Raw(copy).value("SELECT count(*) FROM t");
  }
  std::filesystem::path file() const { return folder_.path() / "state.db"; }

  const test::TempDir folder_;
  std::unique_ptr<Database> db_;
};

TEST_F(CheckpointerTest, MovesTheLogWhileTheWriterGoesOnAndSaysSoOnce) {
  commit(200);
  Checkpointer checkpointer(file(), Millis{1000});
  EXPECT_FALSE(checkpointer.take_ended()) << "nothing was begun";
  checkpointer.start();
  commit(1);
  ASSERT_TRUE(ended(checkpointer));
  EXPECT_FALSE(checkpointer.take_ended());
  EXPECT_GE(std::stoi(rows_in_file()), 200);
  db_->checkpoint();
  EXPECT_EQ(db_->pending_pages(), 0) << "the writer moves what came meanwhile";
  EXPECT_EQ(rows_in_file(), "201");
}

TEST_F(CheckpointerTest, LeavesLogAndFileToTheWriterWhenItEnds) {
  commit(20);
  {
    Checkpointer checkpointer(file(), Millis{1000});
    checkpointer.start();
    ASSERT_TRUE(ended(checkpointer));
  }
  commit(20);
  EXPECT_EQ(Raw(file()).value("SELECT count(*) FROM t"), "40");
  EXPECT_EQ(Raw(file()).value("PRAGMA integrity_check"), "ok");
}

TEST_F(CheckpointerTest, APassOverAFileThatIsGoneEndsAsWell) {
  Checkpointer checkpointer(folder_.path() / "nowhere.db", Millis{1000});
  checkpointer.start();
  EXPECT_TRUE(ended(checkpointer));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "nowhere.db"));
}

}  // namespace
}  // namespace orc::store
