// SPDX-License-Identifier: Apache-2.0
// What the reads of the store are asked with, and what they answer beside the records of the
// domain. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/records.h"

namespace orc::store {

struct TaskFilter {
  std::optional<Stage> stage;
  std::optional<TaskState> state;
  std::string repo;
  TaskId after;  // ids above this one
  int limit = 100;
};

struct LiveJob {
  Job job;
  Task task;
};

struct DueJob {
  JobId job;
  TaskId task;
};

struct StageCount {
  Stage stage = Stage::analysis;
  TaskState state = TaskState::active;
  bool running = false;                 // for active: the live job runs
  HoldClass hold = HoldClass::unknown;  // for held
  std::int64_t count = 0;
  WallTime oldest;  // stage_since of the oldest
};

struct DecisionRow {
  JobId job;
  ChainDecision decision;
};

struct PluginKill {
  std::string plugin;
  std::string repo;  // empty: everywhere
  std::string actor;
  std::string reason;
  WallTime at;
  std::optional<WallTime> until;
};

struct OutboxItem {
  std::int64_t id = 0;
  std::string channel;  // notifier.log, tracker.local, …
  std::string key;      // idempotency key, unique
  std::string body;     // JSON
  int attempts = 0;
  WallTime due;
};

// An operator's drain; it holds over a restart.
struct Drain {
  std::string actor;
  std::string reason;
  WallTime at;
};

// Something about an open task or its job that no way through the program leads to.
struct Irregularity {
  enum class Kind : std::uint8_t {
    no_live_job,        // the task is active, and nothing works or waits for it
    stray_job,          // a live job of a task that is not active, or at another stage
    illegal_row,        // holds a word that no table of the domain knows
    idle_lease,         // held for a task that is in no transition
    idle_place,         // at the serial gate, of a task that may have lost it
    not_called,         // waits at the serial gate, and nobody is before it
    pull_request_over,  // closed, while its task is open
  };
  Kind kind = Kind::no_live_job;
  TaskId task;
  JobId job;
  std::string text;
};

// A label set → how often: what /metrics counts over the whole life of the database.
struct OutcomeCount {
  Stage stage = Stage::analysis;
  std::string producer;
  std::string outcome;
  std::string reason;
  std::int64_t count = 0;
};

// How many deployments, monitors and rollbacks stand how.
struct DeliveryCount {
  std::string kind;  // deployment, monitor, rollback
  std::string state;
  std::int64_t count = 0;
};

}  // namespace orc::store
