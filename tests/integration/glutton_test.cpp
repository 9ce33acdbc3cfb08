// SPDX-License-Identifier: Apache-2.0
// What an agent does to use the machine up, how soon the host answers meanwhile, and what is left;
// and what many jobs leave behind in the host itself.
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <thread>

#include "integration/host_test.h"
#include "support/paths.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Asks a host for /health over and over, in a thread of its own, for as long as this lives.
class HealthWatch {
 public:
  explicit HealthWatch(const HostHarness& host)
      : socket_(host.root() / "control.sock"), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            ask();
            ::poll(nullptr, 0, k_pause_ms);
          }
        }) {}
  // Ends the asking; every question was answered, and in time.
  void expect_answers(const std::string& meanwhile = "run") {
    thread_.request_stop();
    thread_.join();
    EXPECT_GT(answered_, 0);
    EXPECT_EQ(unanswered_, 0) << "first: " << first_bad_;
    EXPECT_LT(slowest_, k_limit);
    ::testing::Test::RecordProperty("slowest_health_ms_" + meanwhile,
                                    static_cast<int>(slowest_.count()));
  }

 private:
  static constexpr milliseconds k_limit{1000};
  static constexpr int k_pause_ms = 50;
  static constexpr int k_give_up_ms = 10'000;

  void ask() {
    const auto start = Clock::now();
    const std::string answer = answer_of();
    slowest_ = std::max(slowest_, std::chrono::ceil<milliseconds>(Clock::now() - start));
    const bool good = answer.starts_with("HTTP/1.1 200");
    if (!good && unanswered_ == 0) first_bad_ = answer;
    ++(good ? answered_ : unanswered_);
  }
  std::string answer_of() const {
    static constexpr std::string_view k_request =
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.native().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(fd.get(), raw, sizeof(address)) != 0) return "no connection";
    if (::send(fd.get(), k_request.data(), k_request.size(), MSG_NOSIGNAL) < 0) return "not sent";
    std::string answer;
    std::array<char, 4096> chunk{};
    for (pollfd waiting{fd.get(), POLLIN, 0}; ::poll(&waiting, 1, k_give_up_ms) == 1;) {
      const ssize_t count = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) break;
      answer.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return answer;
  }

  fs::path socket_;
  int answered_ = 0;
  int unanswered_ = 0;
  std::string first_bad_;
  milliseconds slowest_{0};
  std::jthread thread_;  // the last: it uses the others
};

class Glutton : public HostTest {
 protected:
  // The task once an agent that runs `python` at analysis has had its way; the host answers all the
  // time, and nothing of the agent is left.
  Json after(const std::string& python, const std::string& limits = "") {
    hook("analysis", python);
    serve({.limits = limits});
    HealthWatch health(host);
    submit("IT-41", {"--repo", make_repository("plain", {{"README.md", "Plain.\n"}})});
    Json task = settled("IT-41");
    health.expect_answers();
    EXPECT_TRUE(ask({"status"}).value("ready", false));
    EXPECT_EQ(task["counters"]["code_fail"], 0) << task.dump(2);
    EXPECT_EQ(task["stage"], "analysis");
    EXPECT_TRUE(HostHarness::processes_with((host.root() / "hooks").string()).empty());
    return task;
  }
};

TEST_F(Glutton, WhoFillsTheDiskIsEndedAtItsLimit) {
  const fs::path large = host.root() / "large";
  const Json task = after(
      "open('" + large.string() + "', 'wb').write(b'x' * (64 << 20))\nusual()\n", "file_mib: 8");
  EXPECT_TRUE(task["hold"].is_object()) << task.dump(2);
  EXPECT_LE(fs::file_size(large), std::uintmax_t{8} << 20);
}

TEST_F(Glutton, WhoTakesAllMemoryGetsNone) {
  const fs::path got = host.root() / "got";
  const Json task =
      after("held = bytearray(50 << 30)\nopen('" + got.string() + "', 'w')\nusual()\n",
            "memory_mib: 2048");
  EXPECT_TRUE(task["hold"].is_object()) << task.dump(2);
  EXPECT_FALSE(fs::exists(got));
}

// No limit is set on how many; what holds is that the host answers and that they go.
TEST_F(Glutton, WhoMakesAHundredThousandFilesLeavesNoneAndTheHostAnswers) {
  const Json task = after(R"py(
import os
for folder in (os.environ["TMPDIR"] + "/many", "many"):
    os.mkdir(folder)
    for number in range(50_000):
        os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
usual()
)py");
  EXPECT_EQ(task["state"], "waiting_human") << task.dump(2);
  const auto left = [&] {
    std::error_code error;  // what goes meanwhile
    for (fs::recursive_directory_iterator at(host.state(), error), none; at != none;
         at.increment(error)) {
      if (at->path().filename() == "many") return true;
    }
    return false;
  };
  HealthWatch health(host);
  ask({"task", "cancel", "IT-41", "--reason", "enough"});
  EXPECT_TRUE(eventually([&] { return !left(); }));
  health.expect_answers("removal");
}

// Root is above the limit on processes: the host of this test belongs to somebody else then.
class ForkBomb : public HostTest {
 protected:
  static uid_t user() { return ::geteuid() == 0 ? ::getpwnam("nobody")->pw_uid : ::geteuid(); }

  // A folder of programs whose `orchestrator` runs as user().
  fs::path programs() const {
    if (::geteuid() != 0) return bin_dir();
    const fs::path folder = host.root() / "programs";
    const std::string id = std::to_string(user());
    write_text(folder / "orchestrator", "#!/bin/sh\nexec /usr/bin/setpriv --reuid=" + id +
                                            " --regid=" + id + " --clear-groups -- " + bin_dir() +
                                            "/orchestrator \"$@\"\n");
    fs::permissions(folder / "orchestrator", fs::perms::owner_all);
    return folder;
  }
  static void give_away(const fs::path& folder) {
    if (::geteuid() != 0) return;
    EXPECT_EQ(::lchown(folder.c_str(), user(), user()), 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      EXPECT_EQ(::lchown(entry.path().c_str(), user(), user()), 0);
  }
  // Processes and threads that user() has now; the limit counts them all.
  static int tasks_of_user() {
    int count = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
      std::ifstream status(entry.path() / "status");
      bool theirs = false;
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Uid:")) theirs = std::stoul(line.substr(5)) == user();
        if (theirs && line.starts_with("Threads:")) count += std::stoi(line.substr(9));
      }
    }
    return count;
  }
};

TEST_F(ForkBomb, IsBoundedByTheLimitAndGoneWithItsJobWhileTheHostAnswers) {
  constexpr int k_more = 120;
  HostHarness bombed(programs());
  const fs::path refused = bombed.root() / "refused";
  write_text(bombed.root() / "hooks" / "analysis.py", R"py(
import os, signal, time
made = 0
# Bounded, should the limit not be.
for _ in range(300):
    try:
        child = os.fork()
    except OSError:
        continue
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    made += 1
with open(task.hooks.parent / "new", "w") as told:
    told.write(str(made))
os.rename(task.hooks.parent / "new", task.hooks.parent / "refused")
time.sleep(600)
)py");
  const fs::path repository = bombed.root() / "plain";
  fs::rename(make_repository("plain", {{"README.md", "Plain.\n"}}), repository);
  write_text(bombed.config(),
             yaml(bombed, {.limits = "processes: " + std::to_string(tasks_of_user() + k_more),
                           .llm_timeout = "10s"}));
  give_away(bombed.root().parent_path());
  ASSERT_TRUE(bombed.start()) << bombed.log();
  HealthWatch health(bombed);
  const std::vector<std::string> submission{"task",    "submit", "--id",   "IT-45",
                                            "--title", "x",      "--repo", repository};
  ASSERT_EQ(bombed.orchestrator(submission).exit_code, 0);
  ASSERT_TRUE(eventually([&] { return fs::exists(refused); })) << bombed.log();
  const int made = std::stoi(read_text(refused));
  EXPECT_GT(made, 0);
  EXPECT_LT(made, k_more);
  Json after;
  EXPECT_TRUE(eventually([&] {
    after = Json::parse(bombed.orchestrator({"task", "show", "IT-45", "-o", "json"}).out, nullptr,
                        false);
    return after.is_object() && after["hold"].is_object();
  })) << after.dump(2);
  health.expect_answers();
  EXPECT_EQ(after["hold"]["infrastructure"], true) << after["hold"];
  EXPECT_EQ(after["counters"]["code_fail"], 0);
  EXPECT_TRUE(HostHarness::processes_with((bombed.root() / "hooks").string()).empty());
}

class ManyJobs : public HostTest {
 protected:
  struct Held {
    int descriptors = 0;  // of the host and what it keeps running
    int threads = 0;      // the same
    int children = 0;     // dead ones too
    bool within(const Held& other) const {
      // The HTTP server starts a thread when two questions overlap, and keeps it for a while.
      constexpr int k_questions = 4;
      return descriptors <= other.descriptors + k_questions &&
             threads <= other.threads + k_questions && children <= other.children;
    }
    friend std::ostream& operator<<(std::ostream& out, const Held& h) {
      return out << h.descriptors << " descriptors, " << h.threads << " threads, " << h.children
                 << " children";
    }
  };
  static int entries(const fs::path& folder) {
    std::error_code error;
    int count = 0;
    for (fs::directory_iterator at(folder, error), none; !error && at != none; at.increment(error))
      ++count;
    return count;
  }
  Held held() const {
    const auto of = [](const std::string& pid, Held& sum) {
      sum.descriptors += entries("/proc/" + pid + "/fd");
      sum.threads += entries("/proc/" + pid + "/task");
    };
    Held sum;
    const std::string parent = std::to_string(host.pid());
    of(parent, sum);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
      const std::string stat = read_text(entry.path() / "stat");
      const std::size_t name_end = stat.rfind(") ");
      if (name_end == std::string::npos ||
          stat.find(' ' + parent + ' ', name_end + 3) != name_end + 3)
        continue;
      ++sum.children;
      of(entry.path().filename(), sum);
    }
    return sum;
  }
  // So many tasks more, each to its first question.
  void run(int count) {
    const int until = done_ + count;
    for (int i = done_; i < until; ++i) submit("IT-" + std::to_string(i), {"--repo", repository_});
    for (; done_ < until; ++done_)
      ASSERT_EQ(settled("IT-" + std::to_string(done_))["state"], "waiting_human") << host.log();
    ASSERT_TRUE(eventually([&] { return ask({"status"})["workers"]["busy"] == 0; }));
  }

  fs::path repository_;
  int done_ = 100;
};

TEST_F(ManyJobs, LeaveTheHostNoMoreDescriptorsThreadsAndChildrenThanAFew) {
  constexpr int k_few = 6;
  constexpr int k_many = 80;
  repository_ = make_repository("plain", {{"README.md", "Plain.\n"}});
  serve();
  if (entries("/proc/" + std::to_string(host.pid()) + "/fd") == 0)
    GTEST_SKIP() << "the host cannot be looked into by its own user; run this as root";
  run(k_few);
  const Held few = held();
  EXPECT_GT(few.children, 0) << "what makes the workers";
  run(k_many);
  Held many;
  EXPECT_TRUE(eventually([&] { return (many = held()).within(few); }))
      << "after " << k_few << " jobs: " << few << "; after " << k_many << " more: " << many;
  RecordProperty("threads_after_few", few.threads);
  RecordProperty("threads_after_many", many.threads);
  RecordProperty("descriptors_after_few", few.descriptors);
  RecordProperty("descriptors_after_many", many.descriptors);
}

}  // namespace

}  // namespace orc::test
