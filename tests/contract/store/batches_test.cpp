// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.h"
#include "contract/store/fixture.h"
#include "support/paths.h"

namespace orc::store {

using Batches = StoreContract;

TEST_F(Batches, AreSeenByReadersOnlyAfterTheCommit) {
  const auto from = reader();
  must(store().begin());
  must(store().insert_task(described("ORCH-1"), k_now));
  EXPECT_TRUE(must(store().task("ORCH-1")));
  EXPECT_FALSE(must(from->task("ORCH-1")));
  must(store().commit());
  EXPECT_TRUE(must(from->task("ORCH-1")));
}

TEST_F(Batches, LeaveNothingBehindWhenRolledBack) {
  must(store().begin());
  must(store().insert_task(described("ORCH-1"), k_now));
  must(store().append_event({.kind = "test", .actor = "a", .at = k_now}));
  store().rollback();
  store().rollback();
  EXPECT_FALSE(must(store().task("ORCH-1")));
  EXPECT_TRUE(must(store().events({}, {}, 10)).empty());
  new_task("ORCH-1");
}

TEST_F(Batches, AnOpenOneIsRolledBackWithTheStore) {
  must(store().begin());
  must(store().insert_task(described("ORCH-1"), k_now));
  close();
  open();
  EXPECT_FALSE(must(store().task("ORCH-1")));
}

TEST_F(Batches, AreNeitherNestedNorLeftOut) {
  must(store().begin());
  EXPECT_FALSE(store().begin().ok());
  must(store().commit());
  EXPECT_FALSE(store().commit().ok());
  EXPECT_FALSE(store().insert_task(described("ORCH-1"), k_now).ok());
  EXPECT_FALSE(store().append_event({.kind = "test", .actor = "a", .at = k_now}).ok());
  EXPECT_FALSE(store().finish_job({JobId{1}, 1, "i"}, ended()).ok());
  EXPECT_TRUE(must(store().tasks({})).empty());
}

TEST_F(Batches, OutliveTheStore) {
  const Task task = new_task("ORCH-1");
  const Job job = running_job(task.id, recorded_host());
  close();
  open();
  EXPECT_EQ(must(store().task("ORCH-1"))->id, task.id);
  ASSERT_EQ(must(store().running_jobs()).size(), 1U);
  EXPECT_EQ(must(store().running_jobs()).front().job.owner.instance, job.owner.instance);
}

TEST_F(Batches, MaintenanceChangesNoFact) {
  for (int i = 0; i < 300; ++i) new_task("ORCH-" + std::to_string(i));
  EXPECT_TRUE(store().maintain().ok());
  EXPECT_TRUE(store().maintain().ok());
  must(store().begin());
  EXPECT_TRUE(store().maintain().ok());
  must(store().insert_task(described("LAST"), k_now));
  must(store().commit());
  EXPECT_EQ(must(reader()->tasks({.limit = 1000})).size(), 301U);
}

TEST_F(Batches, ASecondWriterIsRefusedWithTheFirstOnesProcess) {
  const auto second = backend::open(folder());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  new_task("ORCH-1");
  close();
  open();
}

// --- the process dies ---------------------------------------------------------------------------

class CrashedWriter : public StoreContract {
 protected:
  // Runs the writer until its second batch is open, then ends it as a power switch would end it.
  void crash() {
    close();
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
    std::string program = test::bin_dir() + "/crashing_writer";
    std::string where = folder().string();
    std::array<char*, 3> arguments{program.data(), where.data(), nullptr};
    pid_t pid = 0;
    const int spawned =
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(spawned, 0);
    write_end.reset();
    std::array<char, 6> said{};
    const ssize_t size = ::read(read_end.get(), said.data(), said.size());
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_EQ(size, 6) << "the writer ended by itself";
    ASSERT_TRUE(WIFSIGNALED(status));
  }
};

TEST_F(CrashedWriter, LosesTheOpenBatchAndNothingElse) {
  new_task("BEFORE");
  crash();
  open();
  EXPECT_TRUE(must(store().task("BEFORE")));
  EXPECT_TRUE(must(store().task("COMMITTED")));
  EXPECT_FALSE(must(store().task("OPEN")));
  EXPECT_EQ(must(store().events({}, {}, 10)).size(), 1U);
  new_task("OPEN");
  EXPECT_EQ(must(reader()->tasks({})).size(), 3U);
}

}  // namespace orc::store
