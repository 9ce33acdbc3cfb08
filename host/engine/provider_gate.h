// SPDX-License-Identifier: Apache-2.0
// One outage is one incident, not one for every task: when a provider refuses everybody, the jobs
// that would ask it wait in the queue, nobody's budget is charged, and a single trial run finds out
// when it answers again. A provider is a configured LLM plugin, or one model of it.
//
//   what a run's end says   | examples                        | then
//   ------------------------+---------------------------------+-----------------------------------------------
//   answered                | ok, refusal, a limit of the run | open
//   limited                 | rate limit                      | closed for the time it names, then a trial
//   failing                 | overload, server error, network | closed after 5 in 15 minutes, then a trial
//   shut                    | credentials, credit, no model   | closed until an operator or a new configuration
//   nothing                 | killed, timed out, cancelled    | as before
//
// Each failed trial doubles the wait up to an hour; after 12 of them the provider stays shut. [engine
// thread]
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/records.h"

namespace orc::engine {

enum class ProviderSign : std::uint8_t { nothing, answered, limited, failing, shut };
// What the result of an agent run says about its provider. `model_only`: about this model alone.
struct ProviderFinding {
  ProviderSign sign = ProviderSign::nothing;
  bool model_only = false;
};
ProviderFinding finding_of(std::string_view agent_run_result);

struct ProviderKey {
  std::string plugin;
  std::string model;  // empty: all of its models
  auto operator<=>(const ProviderKey&) const = default;
};

struct ProviderRun {
  std::string plugin;
  std::string model;
  JobId job;
  TaskId task;
  std::string result;
  std::string text;       // the producer's own words
  Millis retry_after{0};  // 0: it named none
};

class ProviderGate {
 public:
  // Replaces what is known to be closed by what the store holds.
  void load(const std::vector<ProviderPause>& pauses);

  struct Admission {
    enum class Kind : std::uint8_t { open, trial, wait };
    Kind kind = Kind::open;
    std::string text;               // for wait: why
    std::optional<WallTime> until;  // for wait: when it is worth looking again; unset: not by itself
  };
  // May the task's job ask the provider now? A trial is given to one at a time; `is_alive` tells
  // whether the job of a task that got one still runs.
  Admission ask(const std::string& plugin, const std::string& model, TaskId task, WallTime now,
                const std::function<bool(TaskId)>& is_alive);

  struct Change {
    std::vector<ProviderPause> closed;  // to be stored
    std::vector<ProviderKey> opened;      // to be removed
    bool wants_alert = false;
    bool recalls = false;  // jobs that were kept back may be looked at again
    // What becomes of the job itself: wait so long without a charge, or nothing: the usual rules.
    std::optional<WallTime> keep_until;
  };
  // A run has ended. The same end twice changes nothing the second time.
  Change note(const ProviderRun& run, WallTime now);
  // Everything of a plugin (or of all: empty) that is closed gets a trial at once.
  Change try_now(const std::string& plugin, WallTime now);

  std::vector<ProviderPause> pauses() const;

 private:
  struct State {
    std::optional<ProviderPause> pause;
    std::deque<std::pair<JobId, WallTime>> failures;  // of the last 15 minutes
    std::optional<TaskId> trial;
    std::optional<WallTime> answered_at;
  };
  Change answered(const ProviderRun& run, WallTime now);
  Change refused(const ProviderRun& run, const ProviderFinding& finding, WallTime now);
  bool fails_alone(const ProviderRun& run, const State& state, WallTime now);

  std::map<ProviderKey, State> states_;
  std::map<TaskId, WallTime> failed_at_;  // the last refusal that a task met
};

}  // namespace orc::engine
