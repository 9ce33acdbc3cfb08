// SPDX-License-Identifier: Apache-2.0
// Workers without a job row: what they report is there until its owner has it.
#include "engine/side_workers.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <csignal>

#include "support/temp_dir.h"

namespace orc::engine {
namespace {

// Starts a program in the worker's place, or answers as it is told.
class OneProgram final : public Launcher {
 public:
  std::vector<std::string> argv{"true"};
  std::optional<Error> refuses;

  Launched launch(const std::filesystem::path& folder, const jobs::JobRequest&) override {
    if (refuses) return *refuses;
    std::filesystem::create_directories(folder);
    process::SpawnSpec spec;
    spec.argv = argv;
    spec.cwd = folder;
    auto started = process::spawn(spec);
    if (auto* child = std::get_if<process::Child>(&started)) return std::move(*child);
    return Error{ErrorKind::internal, "not started"};
  }
  jobs::WorkerEnd end_of(const process::Child& child) override {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED | WNOHANG);
    if (info.si_code == CLD_EXITED) return process::Exited{info.si_status};
    return process::Signalled{info.si_status};
  }
};

class SideWorker : public ::testing::Test {
 protected:
  void launch(Millis limit = Millis{60'000}) {
    workers.launch("look", folder.path() / "look", {.run_id = "", .limit = limit}, Millis{0});
  }
  // Sleeps in the epoll, as the engine does, until there is a report.
  const jobs::WorkerReport* wait() {
    for (int round = 0; round < 10 && workers.report_of("look") == nullptr; ++round) {
      epoll_event event{};
      ::epoll_wait(epoll.get(), &event, 1, 5000);
      workers.reap();
    }
    return workers.report_of("look");
  }

  test::TempDir folder;
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  OneProgram launcher;
  SideWorkers workers{launcher, epoll.get()};
};

TEST_F(SideWorker, WakesItsOwnerOnceItHasEndedAndKeepsTheReportUntilItIsForgotten) {
  launch();
  EXPECT_TRUE(workers.is_known("look"));
  ASSERT_NE(wait(), nullptr);
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(workers.report_of("look")->outcome))
      << "it wrote none, so nothing is known of what it saw";
  EXPECT_EQ(workers.folder_of("look"), folder.path() / "look");
  pollfd quiet{epoll.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&quiet, 1, 0), 0) << "its end is told once";
  workers.reap();
  EXPECT_NE(workers.report_of("look"), nullptr);
  workers.forget("look");
  EXPECT_FALSE(workers.is_known("look"));
  EXPECT_EQ(workers.report_of("look"), nullptr);
}

TEST_F(SideWorker, HasEndedAtOnceWhereItCannotBeStarted) {
  launcher.refuses = Error{ErrorKind::io, "no disk"};
  launch();
  ASSERT_NE(workers.report_of("look"), nullptr);
  EXPECT_EQ(text_of(workers.report_of("look")->outcome), "the worker was not started: no disk");
  EXPECT_EQ(workers.next_deadline(), std::nullopt);
}

TEST_F(SideWorker, IsKilledOnceItOutstaysItsLimit) {
  launcher.argv = {"sleep", "600"};
  launch(Millis{0});
  EXPECT_TRUE(workers.next_deadline());
  workers.reap();
  ASSERT_NE(wait(), nullptr);
}

TEST_F(SideWorker, IsNotAdoptedFromAFolderWhereNobodyLives) {
  EXPECT_FALSE(workers.adopt("look", folder.path() / "look", Millis{0}));
  EXPECT_FALSE(workers.is_known("look"));
}

}  // namespace
}  // namespace orc::engine
