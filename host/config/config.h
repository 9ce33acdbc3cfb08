// SPDX-License-Identifier: Apache-2.0
// The configuration as plain values, decoded and validated; what each key means stands in
// options.cpp, the one option table. Immutable once built; shared between threads as
// shared_ptr<const …>.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/breaker.h"
#include "domain/isolation.h"
#include "domain/llm.h"
#include "domain/scope.h"
#include "domain/stage.h"
#include "gates/settings.h"

namespace orc::config {

struct InfraRetry {
  int attempts = 3;        // deferred attempts before the hold
  Millis backoff{60'000};  // doubled with every attempt, at most one hour
};

// What holds for every program that jobs run, unless a plugin says otherwise.
struct Isolation {
  IsolationLevel level = IsolationLevel::basic;
  std::vector<std::filesystem::path> read;   // besides the system's folders
  std::vector<std::filesystem::path> write;  // besides the job's own folders
  ResourceLimits limits;
};

struct Plugin {
  std::string name;  // "test-runner" or TYPE/NAME for a second instance: "staging-runner/website"
  std::string type;  // the library's name
  bool enabled = true;
  RepoScope repos;
  InfraRetry infra_retry;
  std::optional<Millis> silent_after;  // unset: ownership.reaper.silent_after
  std::optional<Millis> timeout;       // of one attempt; unset: the plugin's own default
  IsolationLevel isolation = IsolationLevel::basic;  // of the programs that it runs
  bool network = true;                               // false: only under strict
  std::string settings;  // JSON object; secrets as references {"credential"|"env"|"file": NAME}
};

struct ContinuousIntegration {
  std::vector<std::string> command;  // empty: none configured
  bool required = true;              // false: the operator says that this repository has none
  Millis timeout{900'000};
};

struct Repo {
  std::string name;
  bool self_hosting = false;
  std::string clone;  // URL or absolute path; empty: a task here has no repository
  std::string default_branch = "main";
  ContinuousIntegration ci;
  std::string contract;  // the whole block as JSON, for the plugins: test, ci, …
  gates::Settings gates;  // what the contract says about the gates of the edge
};

struct StageChain {
  std::vector<std::string> producers;  // names of `plugins`, asked in order
  std::vector<std::string> shadows;    // links marked `shadow: true`: run beside, decide nothing
  std::string triage;  // says in words why a measured verdict is red; empty: nobody
  int triages_a_day = 20;
};

struct RoleSettings {
  std::string model;
  std::string effort;
  LlmLimits day_budget;  // of all its runs in one day, UTC
  std::filesystem::path prompt;  // shipped default, absolute
};

// A mechanism of the host with a kill-switch and a repository scope of its own.
struct Switch {
  bool enabled = true;
  RepoScope repos{{"*"}};
  bool covers(const Repo& repo) const {
    return enabled && repos.covers(repo.name, repo.self_hosting);
  }
};

// What LLM runs may use, and what they cost.
struct LlmSettings {
  LlmLimits task_budget;  // of one task, over its whole life
  LlmLimits day_budget;   // of all runs in one day, UTC
  // Set aside for a run until it has told what it used, and counted for one that never does.
  std::int64_t reserve_tokens = 2'000'000;
  std::int64_t reserve_cost_micro_usd = 10'000'000;
  std::map<std::string, LlmPrice> prices;  // by model
};

struct HumanGateSettings {
  std::vector<std::string> approvers;  // empty: every peer of the control socket
};

struct ListenAddress {
  std::string host;
  int port = -1;  // 0: any free one; -1: none
};

struct Config {
  // daemon
  int workers = 2;
  int shadow_workers = 1;  // beside `workers`; 0: no shadow runs
  Millis drain_timeout{900'000};
  Millis kill_grace{10'000};
  Millis keep_jobs{14 * 86'400'000LL};  // folders of finished jobs, for reading their logs
  std::filesystem::path state_dir;
  std::string work_item_prefix = "TASK";  // ids of the local tracker: TASK-1
  LogLevel log_level = LogLevel::info;
  std::string log_format = "auto";
  // db
  std::filesystem::path database;
  Millis busy_timeout{5000};
  // http
  std::filesystem::path control_socket;
  unsigned control_mode = 0660;
  ListenAddress board{"127.0.0.1", 8480};
  ListenAddress webhooks{"127.0.0.1", -1};
  std::string operator_token;  // a secret reference as JSON; empty: the board only reads
  std::map<std::string, std::string> webhook_secrets;  // by forge: a secret reference as JSON
  // ownership and budgets
  Millis max_running{9'000'000};
  Millis reaper_every{30'000};
  Millis silent_after{3'600'000};  // 0: a worker may be silent for ever
  Millis reconciler_every{60'000};
  Switch transition_lease;
  Switch serial_gate;
  // gates of the edge from staging to production
  Switch merge_gate;
  Switch security_gate;
  Switch coverage_gate;
  Switch image_gate;
  int merge_tries = 5;
  Switch monitor;  // after the edge: the post-deploy monitor
  InfraRetry gate_retry;
  int max_rollbacks = 3;  // stages.development.max_rollbacks
  int max_broken_artifacts = 2;
  Millis decide_timeout{5000};
  Switch breaker;  // of classes of faults, and of tasks that fail the same way again
  BreakerLimits breaker_limits;
  int breaker_repeats = 3;  // 0: never

  Isolation isolation;
  std::vector<std::filesystem::path> plugin_dirs;
  std::map<std::string, Repo> repos;
  std::map<std::string, Plugin> plugins;
  std::map<Stage, StageChain> stages;  // a row for every stage but done
  std::map<Role, RoleSettings> roles;  // a row for every role
  LlmSettings llm;
  HumanGateSettings analysis_approval;
  HumanGateSettings deploy_confirmation;
};

// One thing that is wrong, or doubtful, with where it stands and how to mend it.
struct Finding {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string where;    // "FILE:LINE:COL", "ORCH_X", "--set"
  std::string key;      // "plugins.test-runner.enabled"
  std::string problem;  // "unknown key, did you mean \"enabled\"?"
  std::string fix;      // one line; may be empty
};
// "FILE:LINE:COL: KEY: problem" and, where there is a fix, a second indented line.
std::string to_text(const Finding& finding);

// A value of the files that a stronger source hides.
struct Masked {
  std::string key;
  std::string file_value, file_source;
  std::string value, source;  // what is in force, and "env ORCH_X" or "--set"
};

struct Loaded {
  std::optional<Config> config;   // set if no finding is an error
  std::vector<Finding> findings;  // all of them, in file order
  std::string sha256;             // of the effective configuration, all sources applied
  // "plugins.test-runner.enabled" → "true", for showing and for comparing two generations.
  std::map<std::string, std::string> values;
  std::map<std::string, std::string>
      sources;  // key → "default", "FILE:LINE", "env ORCH_X", "--set"
  std::vector<Masked> masked;
  // Every key that was given, sections and settings too → "FILE:LINE:COL", "ORCH_X", "--set".
  std::map<std::string, std::string> positions;
};

struct Sources {
  std::filesystem::path file;                      // with FILE's conf.d/*.yaml beside it
  std::map<std::string, std::string> environment;  // ORCH_* only; the caller's process environment
  std::vector<std::string> set;                    // "daemon.workers=4"
};

// Reads, decodes and cross-checks. Never throws, starts nothing, touches no plugin.
Loaded load(const Sources& sources);
// The ORCH_* variables of this process.
std::map<std::string, std::string> orch_environment();

}  // namespace orc::config
