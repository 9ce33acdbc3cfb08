// SPDX-License-Identifier: Apache-2.0
// orch_torture [--seed N] [--kills N]: kills, stops and fails a working host at random, looks at
// every invariant after each death, and at the end lets it finish. What is done, and when, follows
// from the seed; how far the host had come by then, the machine decides. On a violation the folder
// stays and is named.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <random>
#include <thread>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/log.h"
#include "torture/world.h"

namespace {

using namespace orc;
using test::World;
using Ms = World::Ms;

constexpr int k_most_open_tasks = 10;
constexpr Ms k_end_limit{10'000};
constexpr Ms k_last_limit{120'000};
constexpr std::array k_titles{"plain",   "slow",    "defers",          "red",
                              "escapes", "crashes", "slow defers red", "plain"};

struct Options {
  unsigned long long seed = 1;
  int kills = 200;
};

enum class Fault { kill, failpoint, stop, reload, worker };

// Everything that is random about one life of the host, drawn before it begins.
struct Plan {
  Fault fault = Fault::kill;
  Ms after{0};
  Ms stopped{0};
  std::string failpoint;
  int submissions = 0;
  std::size_t title = 0;
  bool with_code = false;
  bool pushes_on = false;
  std::string order;  // empty: none
  std::size_t subject = 0;
};

class Dice {
 public:
  explicit Dice(unsigned long long seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  bool in(std::size_t count) { return below(count) == 0; }

 private:
  std::mt19937_64 random_;
};

Plan draw(Dice& dice) {
  constexpr std::array k_faults{
      Fault::kill,      Fault::kill,      Fault::kill, Fault::failpoint, Fault::failpoint,
      Fault::failpoint, Fault::failpoint, Fault::stop, Fault::reload,    Fault::worker};
  constexpr std::array k_actions{"kill", "kill", "kill", "kill", "error", "stop"};
  constexpr std::array k_orders{"", "", "", "", "cancel", "hold"};
  Plan plan;
  plan.fault = k_faults[dice.below(k_faults.size())];
  plan.after = Ms{static_cast<int>(dice.below(250))};
  plan.stopped = Ms{static_cast<int>(dice.below(60))};
  const auto& row = k_failpoints[dice.below(k_failpoints.size())];
  const std::string action = k_actions[dice.below(k_actions.size())];
  const std::string nth = std::to_string(1 + dice.below(6));
  if (plan.fault == Fault::failpoint)
    plan.failpoint = std::string(row.name) + ":" + action + ":" + nth;
  plan.submissions = static_cast<int>(dice.below(4));
  plan.title = dice.below(k_titles.size());
  plan.with_code = dice.in(3);
  plan.pushes_on = dice.in(2);
  plan.order = k_orders[dice.below(k_orders.size())];
  plan.subject = dice.below(1000);
  return plan;
}

bool wait_on(const World& world, Ms time) {
  pollfd end{world.pidfd().get(), POLLIN, 0};
  return ::poll(&end, 1, static_cast<int>(time.count())) == 0;
}

// Beside the commands, so that they are cut off at any point.
void bring_down(const World& world, const Plan& plan) {
  const Ms patience = plan.fault == Fault::failpoint ? plan.after + Ms{250} : plan.after;
  if (!wait_on(world, patience)) return;
  if (plan.fault == Fault::stop) {
    world.signal(SIGSTOP);
    if (!wait_on(world, plan.stopped)) return;
    world.signal(SIGCONT);
    if (!wait_on(world, plan.stopped)) return;
  }
  if (plan.fault == Fault::reload) {
    for (int i = 0; i < 20; ++i) world.signal(SIGHUP);
    if (!wait_on(world, plan.stopped)) return;
  }
  world.signal(SIGKILL);
}

class Torture {
 public:
  Torture(const Options& options, const std::filesystem::path& root)
      : options_(options), dice_(options.seed), world_(root) {}

  bool run() {
    while (kills_ < options_.kills) {
      if (!one_life()) return false;
    }
    return let_it_finish();
  }
  void report() const {
    std::printf(
        "seed %llu: %d kills of the host, %d of workers, %d lives, %d reached their fail-point;",
        options_.seed, kills_ - worker_kills_, worker_kills_, lives_, reached_);
    const std::vector<Task> tasks = world_.tasks();
    std::printf(" %zu tasks, %zu runs, %zu events\n", tasks.size(), world_.runs(),
                world_.events().size());
  }

 private:
  bool one_life() {
    const Plan plan = draw(dice_);
    ++lives_;
    World::Variables variables;
    const std::filesystem::path reached = world_.root() / ("reached-" + std::to_string(lives_));
    if (!plan.failpoint.empty())
      variables = {{"ORCH_FAILPOINT", plan.failpoint}, {"ORCH_FAILPOINT_ONCE", reached.string()}};
    world_.start(variables);
    // A fail-point that stopped a worker stops nobody for longer than a life of the host.
    for (const pid_t worker : world_.workers()) ::kill(worker, SIGCONT);
    std::thread killer([&] { bring_down(world_, plan); });
    if (world_.wait_until_serving(plan.after + Ms{400})) act(plan);
    killer.join();
    const std::optional<int> end = world_.wait_for_end(k_end_limit);
    if (!end) return fail("the host did not end");
    kills_ += *end == 128 + SIGKILL ? 1 : 0;
    reached_ += std::filesystem::exists(reached) ? 1 : 0;
    return holds("after life " + std::to_string(lives_) +
                 (plan.failpoint.empty() ? "" : ", " + plan.failpoint));
  }

  void act(const Plan& plan) {
    for (int i = 0; i < plan.submissions && world_.open_tasks() < k_most_open_tasks; ++i) {
      world_.submit("T-" + std::to_string(++submitted_),
                    k_titles[(plan.title + static_cast<std::size_t>(i)) % k_titles.size()],
                    plan.with_code ? "code" : "none");
    }
    if (plan.pushes_on) world_.push_on();
    const std::vector<Task> tasks = world_.tasks();
    if (!plan.order.empty() && !tasks.empty()) {
      // The younger ones: the others may be long done.
      const std::size_t back =
          plan.subject % std::min<std::size_t>(tasks.size(), k_most_open_tasks);
      world_.order(plan.order, tasks[tasks.size() - 1 - back].work_item);
    }
    if (plan.fault != Fault::worker) return;
    const std::vector<pid_t> workers = world_.workers();
    if (workers.empty()) return;
    ::kill(workers[plan.subject % workers.size()], SIGKILL);
    ++kills_;
    ++worker_kills_;
  }

  // Nothing is disturbed any more: everything must come to an end, and nothing be left.
  bool let_it_finish() {
    for (const pid_t worker : world_.workers()) ::kill(worker, SIGCONT);
    world_.start();
    if (!world_.wait_until_serving(k_end_limit)) return fail("the last start does not serve");
    const auto deadline = std::chrono::steady_clock::now() + k_last_limit;
    while (world_.open_tasks() > 0) {
      if (std::chrono::steady_clock::now() > deadline) return fail("tasks are open at the end");
      world_.push_on();
      (void)wait_on(world_, Ms{50});
      if (!holds("while it finishes")) return false;
    }
    world_.signal(SIGTERM);
    const std::optional<int> end = world_.wait_for_end(Ms{30'000});
    if (end != 0)
      return fail("the last drain ended with " +
                  (end ? std::to_string(*end) : std::string("nothing")));
    if (const auto left = world_.processes(); !left.empty())
      return fail("processes are left, first " + std::to_string(left.front()));
    if (!std::filesystem::is_empty(world_.state() / "verify"))
      return fail("checkouts are left in verify/");
    if (!std::filesystem::is_empty(world_.state() / "work"))
      return fail("clones are left in work/");
    return holds("at the end");
  }

  bool holds(const std::string& when) {
    bool fine = true;
    for (const store::Violation& v : world_.violations()) {
      fine =
          fail(v.invariant + " " + v.check + ": " + v.row + ": " + v.problem + " (" + when + ")");
    }
    for (const std::string& attempt : world_.ran_twice())
      fine = fail("attempt " + attempt + " produced twice (" + when + ")");
    return fine;
  }

  bool fail(const std::string& what) const {
    std::printf("seed %llu, life %d: %s\n", options_.seed, lives_, what.c_str());
    return false;
  }

  const Options options_;
  Dice dice_;
  World world_;
  int kills_ = 0;
  int worker_kills_ = 0;
  int lives_ = 0;
  int reached_ = 0;
  int submitted_ = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0) options.seed = std::stoull(argv[i + 1]);
    if (std::strcmp(argv[i], "--kills") == 0) options.kills = std::stoi(argv[i + 1]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  set_log(LogLevel::error, LogFormat::text);
  std::string root =
      (std::filesystem::temp_directory_path() / "orchestrator-torture-XXXXXX").string();
  if (::mkdtemp(root.data()) == nullptr) return 74;
  try {
    bool fine = false;
    {
      Torture torture(parse(argc, argv), root);
      fine = torture.run();
      torture.report();
    }
    if (fine) return remove_tree(root).ok() ? 0 : 74;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
  }
  std::printf("the folder stays: %s\n", root.c_str());
  return 1;
}
