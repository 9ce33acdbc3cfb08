// SPDX-License-Identifier: Apache-2.0
// The JSON that command line and board eat: records in, one documented shape out. Pure; any thread.
// Keys keep their order; bytes that are not UTF-8 are replaced, never thrown over.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/generation.h"
#include "engine/ports.h"
#include "store/store.h"

namespace orc::http::views {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json);

// What the queue looked like at one moment; every answer to "why does it wait" is read from one
// picture.
struct Picture {
  std::vector<store::LiveJob> live;  // running first, then queued by due time
  std::vector<store::PluginKill> kills;
  std::vector<Lease> leases;        // held ones
  std::vector<SerialPlace> places;  // by repository, in the order of arrival
  int workers = 0;
  bool draining = false;
  WallTime now;

  const Job* live_job(TaskId task) const;
  // Why the task stands still; nothing when it runs, is done or is cancelled.
  std::optional<engine::Waiting> why(const Task& task) const;
  // The same where its live job is at hand, with the number of queued ones before it.
  std::optional<engine::Waiting> why(const Task& task, const std::optional<Job>& own,
                                     int ahead) const;
  // queued, running, waiting_human, infra_hold, held, done, cancelled: also the state label of the
  // metrics.
  std::string_view state_of(const Task& task) const;
  // The places before the task's own in the line of its repository.
  std::vector<SerialPlace> ahead_at_serial_gate(TaskId task) const;
  // The kill that holds for every repository.
  const store::PluginKill* kill_of(const std::string& plugin) const;
};
std::string_view state_word(TaskState state, bool running, const std::optional<HoldClass>& hold);
// suite_ran, gates_ran, transient_infra, permanent_env, or the job's own word where no class fits.
std::string_view outcome_word(std::string_view job_outcome);

// task.cpp
Json task_row(const Task& task, const Picture& picture);
Json waiting(const engine::Waiting& waiting);
struct TaskPage {
  std::vector<Task> tasks;
  std::optional<TaskId> next;  // `after` of the next page
};
Json task_list(const TaskPage& page, const Picture& picture);
struct TaskFacts {
  std::vector<Job> jobs;
  std::vector<store::DecisionRow> decisions;
  std::vector<ArtifactRecord> artifacts;
  std::vector<Approval> approvals;
  std::vector<AgentRun> agent_runs;
  std::vector<Event> events;
  std::optional<PullRequest> pull_request;
  std::vector<GateRun> gate_runs;
  std::vector<Deployment> deployments;
  std::optional<Monitor> monitor;  // the newest
  std::vector<Sample> samples;     // its
};
Json task_detail(const Task& task, const TaskFacts& facts, const Picture& picture);
// With what led there: the entries of the timeline since the task came to its stage.
Json why(const Task& task, const Picture& picture, const Json& timeline);
// What waits for a person, the host's own affairs first, each with the command that moves it on.
Json next(const std::vector<Task>& waiting_tasks, const std::vector<Monitor>& monitors,
          const Picture& picture, const engine::ReloadHistory& reloads,
          const std::string& config_file, bool drained);

// timeline.cpp
Json timeline(const Task& task, const TaskFacts& facts);
// `names`: work items of the tasks the events are about.
Json event_page(const std::vector<Event>& events, const std::map<TaskId, std::string>& names);

// gates.cpp
struct GateFacts {
  std::vector<GateCount> counts;
  std::vector<MergeSlot> slots;
  std::vector<CoverageBaseline> baselines;
};
// The block of each gate of the edge.
void add_gates(const GateFacts& facts, const config::Config& config, Json& page);
// Every gate in the order in which a task meets them: those of the stages, and those of the edge.
Json gates(const GateFacts& facts, const config::Config& config);
// What the gates of the edge came to in one job.
Json gate_rows(JobId job, const std::vector<GateRun>& runs);

// monitors.cpp
struct DeliveryFacts {
  std::vector<Monitor> monitors;  // the one in force of each repository
  std::vector<store::DeliveryCount> counts;
};
Json deployment_rows(const std::vector<Deployment>& deployments);
Json monitor_detail(const Monitor& monitor, const std::vector<Sample>& samples);
Json monitor_rows(const std::vector<Monitor>& monitors);
Json post_deploy_monitor(const DeliveryFacts& facts, const config::Config& config);

// queue.cpp
Json queue(const Picture& picture, const engine::Snapshot& status,
           const std::vector<store::OutcomeCount>& outcomes, const GateFacts& gates,
           const DeliveryFacts& deliveries);

// ownership.cpp
Json lease_list(const Picture& picture, const engine::Snapshot& status);
Json transition_lease(const Picture& picture, const engine::Snapshot& status);
Json serial_gate(const Picture& picture, const engine::Snapshot& status);
// status.cpp: the classes of faults that pause a producer
Json breakers(const engine::Snapshot& status);
Json reaper(const Picture& picture, const engine::Snapshot& status);
Json reconciler(const Picture& picture, const engine::Snapshot& status);

// plugins.cpp
Json plugin_list(const config::Generation& generation, const Picture& picture,
                 const std::vector<store::OutcomeCount>& outcomes);
// Null if the configuration does not name it.
Json plugin_detail(const std::string& name, const config::Generation& generation,
                   const Picture& picture, const std::vector<store::OutcomeCount>& outcomes);
bool is_enabled(const config::Plugin& plugin, const Picture& picture);
// The repositories that the plugin is killed for, one by one.
Json repositories_killed_in(const std::string& plugin, const Picture& picture);

// schemas.cpp: JSON Schemas, draft-07
Json artifact_schema();
Json event_schema();

// advisor.cpp
Json advisor(const config::Config& config, const std::vector<store::ShadowTally>& tallies,
             const std::vector<store::ShadowDisagreement>& disagreements);

// status.cpp
Json status(const engine::Snapshot& status, const engine::ReloadHistory& reloads,
            const Picture& picture, const std::vector<store::StageCount>& counts,
            const std::vector<Alert>& alerts, const std::vector<Monitor>& monitors);
Json finding(const config::Finding& finding);
Json config_values(const config::Generation& generation);
Json reload(const engine::ReloadAnswer& answer);
Json answer(const engine::Answer& answer, const Picture& picture);
Json stages(const config::Generation& generation);

}  // namespace orc::http::views
