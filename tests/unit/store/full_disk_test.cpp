// SPDX-License-Identifier: Apache-2.0
// A disk that is full or fails: no batch is half there, and the store works again when the disk
// does.
#include <sys/resource.h>

#include <csignal>

#include "contract/store/fixture.h"
#include "store/sqlite/writing.h"
#include "unit/store/raw.h"

namespace orc::store {

class FullDisk : public StoreContract {
 protected:
  // The store on a connection that may grow the file by `pages` only.
  void limit_pages(std::int64_t pages) {
    close();
    InstanceLock lock = must(InstanceLock::acquire(file()));
    std::unique_ptr<Database> db = must(Database::open(file(), Access::write, Millis{1000}));
    const std::int64_t now = must(db->number("PRAGMA page_count", 0));
    must(db->execute(("PRAGMA max_page_count=" + std::to_string(now + pages)).c_str()));
    limited_ = db.get();
    use(std::make_unique<SqliteStore>(std::move(db), std::move(lock), Millis{1000}));
  }
  void lift_page_limit() { must(limited_->execute("PRAGMA max_page_count=1000000")); }
  std::filesystem::path file() const { return folder() / "orchestrator.db"; }

  void write_until_refused() {
    for (int i = 0; i < 200; ++i) {
      must(store().begin());
      NewTask big = described("BIG-" + std::to_string(i));
      big.request = std::string(64 * 1024, 'x');
      const Result<Task> inserted = store().insert_task(big, k_now);
      if (!inserted.ok()) {
        failed_ = big.work_item;
        error_ = inserted.error();
        return;
      }
      const Status committed = store().commit();
      if (!committed.ok()) {
        failed_ = big.work_item;
        error_ = committed.error();
        return;
      }
    }
    FAIL() << "never full";
  }
  // A file that ends at `limit` bytes is what a full disk looks like to this process.
  class SizeLimit {
   public:
    explicit SizeLimit(rlim_t limit) {
      previous_handler_ = ::signal(SIGXFSZ, SIG_IGN);
      ::getrlimit(RLIMIT_FSIZE, &before_);
      const rlimit now{limit, before_.rlim_max};
      EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &now), 0);
    }
    ~SizeLimit() {
      ::setrlimit(RLIMIT_FSIZE, &before_);
      ::signal(SIGXFSZ, previous_handler_);
    }

   private:
    rlimit before_{};
    sighandler_t previous_handler_ = nullptr;
  };

  Database* limited_ = nullptr;
  std::string failed_;
  Error error_{ErrorKind::internal, ""};
};

TEST_F(FullDisk, RefusesTheBatchWholeAndWorksAgainWithSpace) {
  new_task("ORCH-1");
  {
    const SizeLimit limit(512 * 1024);
    write_until_refused();
    EXPECT_EQ(error_.kind, ErrorKind::unavailable) << error_.message;
    // Whatever is tried in the broken batch fails and is not committed by itself.
    EXPECT_FALSE(store().append_event({.kind = "stray", .actor = "a", .at = k_now}).ok());
    EXPECT_FALSE(store().commit().ok());
    store().rollback();
  }
  const auto from = reader();
  EXPECT_FALSE(must(from->task(failed_)));
  EXPECT_TRUE(must(from->task("ORCH-1")));
  EXPECT_TRUE(must(from->events({}, {}, 10)).empty());
  new_task(failed_);
  EXPECT_TRUE(must(reader()->task(failed_)));
  close();
  EXPECT_EQ(Raw(folder() / "orchestrator.db").value("PRAGMA integrity_check"), "ok");
}

TEST_F(FullDisk, ABrokenBatchTakesNothingMoreEvenWhenSpaceIsBack) {
  limit_pages(8);
  must(store().begin());
  must(store().append_event({.kind = "early", .actor = "a", .at = k_now}));
  NewTask big = described("BIG");
  big.request = std::string(1024 * 1024, 'x');
  EXPECT_EQ(error_of(store().insert_task(big, k_now)).kind, ErrorKind::unavailable);
  lift_page_limit();
  EXPECT_EQ(error_of(store().append_event({.kind = "stray", .actor = "a", .at = k_now})).kind,
            ErrorKind::unavailable);
  EXPECT_FALSE(store().commit().ok());
  EXPECT_TRUE(must(reader()->events({}, {}, 10)).empty());
  EXPECT_FALSE(must(reader()->task("BIG")));
  new_task("BIG");
}

TEST_F(FullDisk, AConnectionThatSawTheDiskFailIsNotUsedAgain) {
  // The limit belongs to the connection: it is gone exactly if the next batch has a new one.
  limit_pages(8);
  {
    const SizeLimit limit(1);
    must(store().begin());
    must(store().append_event({.kind = "lost", .actor = "a", .at = k_now}));
    EXPECT_EQ(error_of(store().commit()).kind, ErrorKind::unavailable);
  }
  NewTask big = described("BIG");
  big.request = std::string(1024 * 1024, 'x');
  batch([&] { return must(store().insert_task(big, k_now)); });
  EXPECT_TRUE(must(reader()->task("BIG")));
  EXPECT_TRUE(must(reader()->events({}, {}, 10)).empty());
}

}  // namespace orc::store
