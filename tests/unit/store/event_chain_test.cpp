// SPDX-License-Identifier: Apache-2.0
// The audit trail against hands that write to the file past the program.
#include "domain/event_chain.h"

#include <functional>

#include "contract/store/fixture.h"
#include "store/audit.h"
#include "store/sqlite/migrations.h"
#include "unit/store/raw.h"

namespace orc::store {

class EventChain : public StoreContract {
 protected:
  std::filesystem::path file() const { return folder() / "orchestrator.db"; }
  void append(const std::string& text, TaskId task = {}) {
    batch([&] {
      return must(store().append_event({.task = task,
                                        .kind = "k",
                                        .actor = "a",
                                        .text = text,
                                        .data = R"({"x":1})",
                                        .at = k_now}));
    });
  }
  ChainReport verify(const std::optional<ChainAnchor>& anchor = {}) {
    return must(must(open_sqlite_audit(file(), Millis{1000}))->verify_events(anchor));
  }
  // As somebody who knows the schema, with the triggers out of the way.
  void edit(const std::string& sql) {
    Raw raw(file());
    ASSERT_EQ(raw.run("DROP TRIGGER events_unchanged; DROP TRIGGER events_kept"), "");
    ASSERT_EQ(raw.run(sql), "");
  }
};

TEST_F(EventChain, EachEventIsHashedAfterTheOneBeforeIt) {
  append("one");
  append("two", new_task("ORCH-1").id);
  Sha256 hash = chain_hash(chain_genesis(), {.id = EventId{1},
                                             .kind = "k",
                                             .actor = "a",
                                             .text = "one",
                                             .data = R"({"x":1})",
                                             .at = k_now});
  hash = chain_hash(hash, {.id = EventId{2},
                           .task = TaskId{1},
                           .kind = "k",
                           .actor = "a",
                           .text = "two",
                           .data = R"({"x":1})",
                           .at = k_now});
  const ChainReport report = verify();
  EXPECT_FALSE(report.broken);
  EXPECT_EQ(report.chained, 2);
  EXPECT_EQ(report.last.value, 2);
  EXPECT_EQ(report.head, to_hex(hash));
}

TEST_F(EventChain, AnEmptyTrailIsIntactAndItsHeadIsTheGenesis) {
  const ChainReport report = verify();
  EXPECT_FALSE(report.broken);
  EXPECT_EQ(report.head, to_hex(chain_genesis()));
}

TEST_F(EventChain, GoesOnAfterARollbackAndAfterARestart) {
  append("one");
  must(store().begin());
  must(store().append_event({.kind = "lost", .actor = "a", .at = k_now}));
  store().rollback();
  append("two");
  close();
  open();
  append("three");
  const ChainReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->problem;
  EXPECT_EQ(report.chained, 3);
}

TEST_F(EventChain, NamesTheFirstRowWhateverWasDoneToIt) {
  struct Edit {
    const char* sql;
    std::int64_t broken;
  };
  for (const Edit& each :
       {Edit{"UPDATE events SET text='other' WHERE id=3", 3},
        Edit{"UPDATE events SET kind='x' WHERE id=2", 2},
        Edit{"UPDATE events SET actor='mallory' WHERE id=4", 4},
        Edit{"UPDATE events SET at=at+1 WHERE id=1", 1},
        Edit{"UPDATE events SET data='{}' WHERE id=5", 5},
        Edit{"UPDATE events SET task_id=1 WHERE id=2", 2},
        Edit{"UPDATE events SET hash=randomblob(32) WHERE id=3", 3},
        Edit{"UPDATE events SET hash=NULL WHERE id=4", 4},
        Edit{"UPDATE events SET hash=NULL WHERE id=1", 2},
        Edit{"UPDATE events SET text=kind, kind=text WHERE id=2", 2},
        Edit{"DELETE FROM events WHERE id=3", 4}, Edit{"DELETE FROM events WHERE id=1", 2},
        Edit{"INSERT INTO events SELECT 6,task_id,kind,actor,text,data,at,hash FROM events WHERE "
             "id=5",
             6}}) {
    const std::filesystem::path kept = folder();
    close();
    std::filesystem::remove_all(kept);
    open();
    new_task("ORCH-1");
    for (const char* text : {"1", "2", "3", "4", "5"}) append(text);
    ASSERT_FALSE(verify().broken);
    edit(each.sql);
    const ChainReport report = verify();
    ASSERT_TRUE(report.broken) << each.sql;
    EXPECT_EQ(report.broken->event.value, each.broken)
        << each.sql << ": " << report.broken->problem;
  }
}

TEST_F(EventChain, AnAnchorShowsThatTheEndWasCutOffOrWrittenAnew) {
  for (const char* text : {"1", "2", "3"}) append(text);
  const ChainReport noted = verify();
  const ChainAnchor anchor{noted.last, noted.head};
  append("4");
  EXPECT_FALSE(verify(anchor).broken);
  edit("DELETE FROM events WHERE id>=3");
  EXPECT_FALSE(verify().broken) << "a chain alone cannot know that it was longer";
  ASSERT_TRUE(verify(anchor).broken);
  close();
  open();
  append("another third");
  ASSERT_TRUE(verify(anchor).broken);
  EXPECT_EQ(verify(anchor).broken->event.value, 3);
}

TEST_F(EventChain, AStartLooksAtTheNewestEventsAlone) {
  for (int i = 0; i < 40; ++i) append(std::to_string(i));
  EXPECT_FALSE(must(store().verify_last_events(10)));
  edit("UPDATE events SET text='x' WHERE id=35");
  const auto broken = must(store().verify_last_events(10));
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->event.value, 35);
  EXPECT_FALSE(must(store().verify_last_events(4)));
  EXPECT_TRUE(must(store().verify_last_events(100)));
}

TEST_F(EventChain, EventsFromBeforeTheChainAreCountedAndTheChainBeginsAfterThem) {
  close();
  std::filesystem::remove(file());
  {
    auto old = must(Database::open(file(), Access::create, Millis{1000}));
    must(old->pragma("PRAGMA journal_mode=WAL"));
    must(migrate(*old, known_migrations().first(1), k_now));
    old->keep_log_on_close(false);
  }
  ASSERT_EQ(
      Raw(file()).run("INSERT INTO events(kind,actor,text,data,at) VALUES('k','a','old','',1),"
                      "('k','a','old','',2)"),
      "");
  EXPECT_EQ(error_of(open_sqlite_audit(file(), Millis{1000})).kind, ErrorKind::refused);
  open();
  append("new");
  const ChainReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->problem;
  EXPECT_EQ(report.before, 2);
  EXPECT_EQ(report.chained, 1);
}

TEST_F(EventChain, AFileThatIsNotOursIsRefusedByName) {
  EXPECT_EQ(error_of(open_sqlite_audit(folder() / "absent.db", Millis{10})).kind,
            ErrorKind::not_found);
  put_bytes(folder() / "text.db", std::string(4096, 'x'));
  EXPECT_EQ(error_of(open_sqlite_audit(folder() / "text.db", Millis{10})).kind,
            ErrorKind::malformed);
}

}  // namespace orc::store
