// SPDX-License-Identifier: Apache-2.0
// The facts the host stores, as plain values. Status is derived from them, never stored beside
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/process_identity.h"
#include "base/time.h"
#include "domain/outcome.h"
#include "domain/stage.h"

namespace orc {

enum class TaskState : std::uint8_t {
  active,         // has exactly one live job: queued or running
  waiting_human,  // at a human gate, no live job
  held,           // no live job; `hold` says why
  done,
  cancelled,
};
std::string_view to_string(TaskState state);
std::optional<TaskState> parse_task_state(std::string_view text);

struct Hold {
  HoldClass hold = HoldClass::unknown;
  std::string reason;
};

struct Task {
  TaskId id;
  std::string work_item;
  std::string title;
  std::string request;  // the business request, as submitted
  std::string repo;      // short name
  std::string repo_url;  // of a repository that the configuration does not name; else empty
  std::string branch;
  Stage stage = Stage::analysis;
  TaskState state = TaskState::active;
  std::int64_t rev =
      0;  // grows by one with every write of the row: the compare-and-swap's second half
  std::optional<Hold> hold;
  int code_fail = 0;        // rollbacks to development since the last human retry
  int contract_fail = 0;    // artifacts that broke their contract at this stage
  int infra_fail = 0;       // deferred or failed attempts at this stage
  std::string head_commit;  // the branch head the host accepted; empty before the first job
  std::string content_id;   // tree of head_commit without the task's own artifact folder
  std::string feedback;     // why the last gate sent it back; given to the next producer
  std::string submitted_by;
  WallTime created_at;
  WallTime updated_at;
  WallTime stage_since;
};

enum class JobKind : std::uint8_t {
  produce,   // walk the stage's chain
  ci,        // run the repository's continuous integration command on the branch head
  shadow,    // like produce, beside it and without a say; no job row, see shadow_runs
  edge,      // make what is to be merged, and judge it (domain/edge.h)
  land,      // bring exactly that to the base branch
  image,     // look for it in the image that is to be deployed
  monitor,   // look at the deployed service, once; no job row, see monitors
  rollback,  // run the rollback command, once; no job row either
};
std::string_view to_string(JobKind kind);
std::optional<JobKind> parse_job_kind(std::string_view text);

enum class JobState : std::uint8_t { queued, running, finished };
std::string_view to_string(JobState state);
std::optional<JobState> parse_job_state(std::string_view text);

struct Job {
  JobId id;
  TaskId task;
  JobKind kind = JobKind::produce;
  Stage stage = Stage::analysis;
  int attempt = 1;      // counts jobs of this task at this stage visit; the job's fence
  int first_link = 0;   // chain position to start at; > 0 after a fault while deciding
  int failed_runs = 0;  // failed runs directly before this attempt
  JobState state = JobState::queued;
  WallTime run_after;
  WallTime created_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<WallTime> deadline_at;
  HostIdentity owner;           // set while running
  std::int64_t generation = 0;  // configuration generation it was claimed under
  std::string producer;         // who accepted; empty before
  std::string outcome;          // name_of(JobOutcome); empty before it finished
  std::string reason;           // to_string(ReasonCode), or why it waits
  std::string text;
  std::string resume_token;
};

struct AgentRun {
  JobId job;
  TaskId task;
  Stage stage = Stage::analysis;
  Role role = Role::analyst;
  std::string program;
  std::string program_version;
  std::string model;
  std::string effort;
  // Unknown is nothing, never zero.
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> cache_read_tokens;
  std::optional<std::int64_t> cache_write_tokens;
  std::optional<double> cost_usd;
  bool cost_estimated = false;  // from the price table; the program itself named none
  std::optional<std::int64_t> turns;
  std::int64_t wall_ms = 0;
  bool complete = false;
  std::string result;  // ok, auth, rate_limit, …
  WallTime started_at;
};

// A provider, or one model of it, that nobody is let near for now.
struct ProviderPause {
  std::string plugin;  // the configured LLM plugin that asks it
  std::string model;   // empty: all of its models
  std::string cause;   // the result of the agent run that closed it: auth, rate_limit, …
  std::string text;
  WallTime since;
  std::optional<WallTime> trial_at;  // unset: not before an operator or a new configuration says so
  int failed_trials = 0;
};

// What the host recorded with one artifact: a verdict counts only for what it was made from.
struct ArtifactRecord {
  JobId job;
  TaskId task;
  Stage stage = Stage::analysis;
  int attempt = 0;
  std::string name;  // "13-test-report.md"
  std::string sha256;
  std::int64_t size = 0;
  std::string commit;  // what it was made on
  std::string content_id;
  std::string producer;
  std::int64_t generation = 0;
  std::string path;  // in the evidence store, relative to the state folder
  WallTime at;
};

struct Event {
  EventId id;
  TaskId task;        // 0: not about one task
  std::string kind;   // task.submitted, stage.transition, task.held, …
  std::string actor;  // "engine", or the user who asked
  std::string text;
  std::string data;  // JSON object
  WallTime at;
};

struct Approval {
  TaskId task;
  Stage stage = Stage::analysis;
  bool approved = false;
  std::string actor;
  std::string channel;  // cli, http, board
  std::string reason;
  std::string content_id;
  WallTime at;
};

struct PullRequest {
  std::int64_t number = 0;
  TaskId task;
  std::string repo;
  std::string branch;
  std::string base;
  std::string title;
  std::string head_commit;
  std::string state;  // open, merged, closed
  std::string ci;     // "", pending, success, failure: of head_commit
  std::string ci_text;
};

// What one sub-gate of the edge came to in one job.
struct GateRun {
  JobId job;
  EdgeGate gate = EdgeGate::merge;
  GateResult result = GateResult::not_run;
  std::string text;
  Millis duration{0};
  WallTime at;
};

// What is to be merged: the commit that was judged, and what it was made on.
struct MergeCandidate {
  std::string base_commit;    // head of the base branch it descends from
  std::string branch_commit;  // what upstream's copy of the task's branch held; empty: had none
  std::string commit;
  std::string tree;
  std::string content_id;
  std::optional<double> coverage;  // percent, where the coverage gate measured
};

enum class MergeState : std::uint8_t {
  judged,      // the intent: it may be landed
  landed,      // read back from upstream
  base_moved,  // somebody else was first; nothing was landed
  withdrawn,   // the task went another way before it was landed
};

// One try to merge one task.
struct Merge {
  std::int64_t id = 0;
  TaskId task;
  JobId judged_by;
  std::string repo;
  std::string base;  // branch
  MergeCandidate candidate;
  MergeState state = MergeState::judged;
  WallTime at;
  std::optional<WallTime> settled_at;
};

// The one who may merge into a repository.
struct MergeSlot {
  std::string repo;
  TaskId task;
  std::string work_item;
  WallTime taken_at;
};

struct CoverageBaseline {
  std::string repo;
  double percent = 0;
  std::string commit;
  WallTime at;
};

struct GateCount {
  EdgeGate gate = EdgeGate::merge;
  GateResult result = GateResult::not_run;
  std::int64_t count = 0;
};

struct Alert {
  std::int64_t id = 0;
  TaskId task;
  std::string work_item;
  std::string condition;  // stable key: one alert per incident
  std::string text;
  WallTime at;
  std::optional<WallTime> cleared_at;
};

}  // namespace orc
