// SPDX-License-Identifier: Apache-2.0
// Who may end a job, move a task and touch the outside world, as a model small enough to try every
// interleaving: two hosts and three humans on one task, one crash, one rejection. The steps carry
// the names of the store's operations and have their guards. With all guards no order of steps
// breaks a rule; without any one of them some order does, and the test prints it.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace orc::model {

namespace {

// What each guard compares is what the statements of host/store and the lease compare.
struct Guards {
  bool fence = true;    // finish_job: state, attempt and owner
  bool rev = true;      // write_task: the revision beside the stage
  bool lease = true;    // the side-effectful region has one live owner
  bool at_once = true;  // the lease is taken in the claim's own transaction
  bool look = true;     // the outside world is read before an effect is repeated
};

enum class Stage : char { development, approval, deploy, done, cancelled };
enum class JobState : char { none, queued, running, finished };
enum class At : char { idle, claimed, in_region, reported };

struct Host {
  At at = At::idle;
  bool alive = true;
  char attempt = 0;
  Stage stage = Stage::development;  // as claimed
  char rev = 0;
  auto operator<=>(const Host&) const = default;
};

// Somebody who looks at a task, thinks, and then acts on what was seen.
struct Human {
  bool looked = false;
  bool acted = false;
  Stage stage = Stage::development;
  char rev = 0;
  char content = 0;
  auto operator<=>(const Human&) const = default;
};

constexpr int k_nobody = -1;
constexpr int k_attempts = 8;

struct World {
  Stage stage = Stage::development;
  char rev = 0;
  char content = 0;  // grows with every development
  JobState job = JobState::queued;
  char attempt = 0;
  char owner = k_nobody;
  char lease = k_nobody;
  std::array<char, k_attempts> ends{};  // how often each attempt ended
  char effects = 0;                     // merges of the outside world
  char approved = -1;                   // content
  bool was_done = false;
  bool was_cancelled = false;
  char crashes = 0;
  std::array<Host, 2> hosts;
  Human approver, rejecter, canceller;
  auto operator<=>(const World&) const = default;
};

struct Step {
  std::string name;
  World after;
};

class Model {
 public:
  explicit Model(Guards guards) : guards_(guards) {}

  std::vector<Step> steps(const World& world) const {
    std::vector<Step> all;
    for (int host : {0, 1}) host_steps(world, host, all);
    human_steps(world, all);
    return all;
  }

  // The rule that a world breaks; empty: none.
  static std::string broken(const World& world) {
    for (const char ends : world.ends) {
      if (ends > 1) return "an attempt ended twice";
    }
    if (world.effects > 1) return "the effect happened twice";
    if (world.was_done && world.was_cancelled) return "done and cancelled";
    if (world.approved >= 0 && world.stage == Stage::deploy && world.approved != world.content)
      return "an approval counted for content that the human never saw";
    return "";
  }

 private:
  static void queue_job(World& world) {
    world.job = JobState::queued;
    ++world.attempt;
    world.owner = k_nobody;
  }

  // The compare-and-swap of a task's row.
  bool write_task(World& world, Stage seen, char rev, Stage next) const {
    if (world.stage != seen || (guards_.rev && world.rev != rev)) return false;
    world.stage = next;
    ++world.rev;
    world.was_done |= next == Stage::done;
    world.was_cancelled |= next == Stage::cancelled;
    return true;
  }

  bool finish_job(World& world, char attempt, char owner) const {
    const bool same =
        world.job == JobState::running && world.attempt == attempt && world.owner == owner;
    if (guards_.fence && !same) return false;
    ++world.ends[static_cast<std::size_t>(attempt)];
    if (world.attempt == attempt) world.job = JobState::finished;
    return true;
  }

  void host_steps(const World& before, int index, std::vector<Step>& all) const {
    const auto i = static_cast<std::size_t>(index);
    const std::string who = "host " + std::to_string(index + 1) + " ";
    const auto add = [&](const std::string& name,
                         const std::function<bool(World&, Host&)>& change) {
      World after = before;
      if (change(after, after.hosts[i])) all.push_back({who + name, after});
    };
    if (!before.hosts[i].alive) return;
    add("claim_job", [&](World& w, Host& h) {
      if (h.at != At::idle || w.job != JobState::queued || w.attempt + 1 >= k_attempts)
        return false;
      const bool enters = w.stage == Stage::deploy && guards_.at_once;
      if (enters && !take_lease(w, index)) return false;
      w.job = JobState::running;
      w.owner = static_cast<char>(index);
      h = {.at = enters ? At::in_region : At::claimed,
           .alive = true,
           .attempt = w.attempt,
           .stage = w.stage,
           .rev = w.rev};
      return true;
    });
    add("produce", [&](World&, Host& h) {
      if (h.at != At::claimed || h.stage != Stage::development) return false;
      h.at = At::reported;
      return true;
    });
    add("take_lease", [&](World& w, Host& h) {
      if (h.at != At::claimed || h.stage != Stage::deploy || !take_lease(w, index)) return false;
      h.at = At::in_region;
      return true;
    });
    add("merge", [&](World& w, Host& h) {
      if (h.at != At::in_region) return false;
      // Completion is not result: whoever comes after a crash reads first.
      if (!guards_.look || w.effects == 0 || !w.crashes) ++w.effects;
      h.at = At::reported;
      return true;
    });
    add("finish_job and write_task", [&](World& w, Host& h) { return report(w, h, index); });
    add("rescue", [&](World& w, Host& h) { return rescue(w, h, index); });
    add("dies", [&](World& w, Host& h) {
      if (w.crashes > 0) return false;
      ++w.crashes;
      h = {.alive = false};
      return true;
    });
  }

  // Passes from nobody, or from an owner that is dead; liveness is the process, not its silence.
  bool take_lease(World& w, int index) const {
    if (guards_.lease && is_leased(w) && w.lease != index) return false;
    w.lease = static_cast<char>(index);
    return true;
  }
  static bool is_leased(const World& w) {
    return w.lease != k_nobody && w.hosts[static_cast<std::size_t>(w.lease)].alive;
  }

  bool report(World& w, Host& h, int index) const {
    if (h.at != At::reported) return false;
    const Host seen = h;
    h = {};
    if (!finish_job(w, seen.attempt, static_cast<char>(index))) return true;
    const Stage next = seen.stage == Stage::development ? Stage::approval : Stage::done;
    if (!write_task(w, seen.stage, seen.rev, next)) return true;
    if (next == Stage::approval) ++w.content;
    if (w.lease == index) w.lease = k_nobody;
    return true;
  }

  // Another host's job that seems lost; it may only be slow. A live owner of the lease is left
  // alone.
  bool rescue(World& w, const Host&, int index) const {
    if (w.job != JobState::running || w.owner == index || w.attempt + 2 >= k_attempts) return false;
    if (guards_.lease && is_leased(w)) return false;
    if (!finish_job(w, w.attempt, w.owner)) return false;
    queue_job(w);
    return true;
  }

  void human_steps(const World& before, std::vector<Step>& all) const {
    human(before, all, "approver", &World::approver, [this](World& w, const Human& seen) {
      if (seen.stage != Stage::approval || !write_task(w, Stage::approval, seen.rev, Stage::deploy))
        return;
      w.approved = seen.content;
      queue_job(w);
    });
    human(before, all, "rejecter", &World::rejecter, [this](World& w, const Human& seen) {
      if (seen.stage != Stage::approval ||
          !write_task(w, Stage::approval, seen.rev, Stage::development))
        return;
      w.approved = -1;
      queue_job(w);
    });
    human(before, all, "canceller", &World::canceller, [this](World& w, const Human& seen) {
      if (w.was_done || (guards_.lease && is_leased(w))) return;
      if (!write_task(w, seen.stage, seen.rev, Stage::cancelled)) return;
      if (w.job == JobState::running) finish_job(w, w.attempt, w.owner);
      w.job = JobState::finished;
    });
  }

  static void human(const World& before, std::vector<Step>& all, const std::string& who,
                    Human World::*member, const std::function<void(World&, const Human&)>& act) {
    World after = before;
    Human& human = after.*member;
    if (human.acted || before.stage == Stage::done || before.stage == Stage::cancelled) {
      if (!human.looked || human.acted) return;
    }
    if (!human.looked) {
      human = {.looked = true, .stage = after.stage, .rev = after.rev, .content = after.content};
      all.push_back({who + " looks", after});
      return;
    }
    const Human seen = human;
    human = {.looked = true, .acted = true};
    act(after, seen);
    all.push_back({who + " acts", after});
  }

  const Guards guards_;
};

struct Explored {
  std::size_t worlds = 0;
  std::string broken;  // the rule, and the shortest order of steps that breaks it
};

Explored explore(Guards guards) {
  const Model model(guards);
  std::map<World, std::pair<World, std::string>> seen;  // → where it came from, by which step
  std::deque<World> open{World{}};
  seen.emplace(World{}, std::pair{World{}, std::string()});
  while (!open.empty()) {
    const World world = open.front();
    open.pop_front();
    if (const std::string rule = Model::broken(world); !rule.empty()) {
      std::string trace;
      for (World at = world; at != World{}; at = seen.at(at).first)
        trace = "\n  " + seen.at(at).second + trace;
      return {seen.size(), rule + ":" + trace};
    }
    for (Step& step : model.steps(world)) {
      if (seen.try_emplace(step.after, world, step.name).second)
        open.push_back(std::move(step.after));
    }
  }
  return {seen.size(), ""};
}

void expect_broken(Guards guards, const std::string& rule) {
  const Explored explored = explore(guards);
  EXPECT_EQ(explored.broken.substr(0, explored.broken.find(':')), rule);
  std::printf("%s\n", explored.broken.c_str());
}

}  // namespace

TEST(OwnershipModel, NoOrderOfStepsBreaksARuleWithAllGuards) {
  const Explored explored = explore({});
  EXPECT_EQ(explored.broken, "");
  EXPECT_GT(explored.worlds, 1000U) << "the bounds are so small that nothing was tried";
  ::testing::Test::RecordProperty("worlds", static_cast<int>(explored.worlds));
  std::printf("%zu worlds\n", explored.worlds);
}

TEST(OwnershipModel, WithoutTheFenceAnAttemptEndsTwice) {
  expect_broken({.fence = false}, "an attempt ended twice");
}

TEST(OwnershipModel, WithoutTheRevisionAnApprovalCountsForContentNobodySaw) {
  expect_broken({.rev = false}, "an approval counted for content that the human never saw");
}

TEST(OwnershipModel, WithoutTheLeaseTheEffectHappensTwice) {
  expect_broken({.lease = false}, "the effect happened twice");
}

TEST(OwnershipModel, ALeaseTakenApartFromTheClaimComesTooLate) {
  expect_broken({.at_once = false}, "the effect happened twice");
}

TEST(OwnershipModel, WithoutALookOutsideACrashRepeatsTheEffect) {
  expect_broken({.look = false}, "the effect happened twice");
}

}  // namespace orc::model
