// SPDX-License-Identifier: Apache-2.0
// The host's side of the C table for one instance of one plugin. Everything a plugin passes is
// checked and copied; nothing it does here can throw back into it. [any thread] as abi.h says.
#pragma once

#include <orchestrator/plugin/abi.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "process/process.h"
#include "worker/isolation.h"
#include "worker/log_budget.h"
#include "worker/session.h"
#include "worker/submission.h"

namespace orc::worker {

class HostServices {
 public:
  // `plugin` is the configured name; both outlive the services.
  HostServices(Session& session, const std::string& plugin);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  const orch_host& table() const { return table_; }

  // run_process and submit are open between these two only. `surroundings` makes what the programs
  // run in, once, at the first of them.
  void open_production(std::function<Result<Surroundings>()> surroundings);
  void close_production();
  // Why the programs could not be isolated as configured; none was started then.
  std::optional<std::string> isolation_fault() const;

  // What was submitted; `malformed`: nothing, twice, or something outside the contract.
  Result<Submission> submission() const;
  // The last line that was logged as an error: why a configuration was refused.
  std::string last_error() const;
  // Names below artifacts/ of the further files.
  std::vector<std::string> aux_files() const;

 private:
  friend struct ServiceTable;

  void log(std::int32_t level, std::string_view message);
  orch_status run(const orch_process& spec, orch_process_result& result);
  orch_status start_detached(process::SpawnSpec spawn, orch_process_result& result);
  orch_status submit(const orch_outcome& outcome);
  orch_str state_folder();
  orch_str base_checkout();
  orch_status write_aux(std::string_view name, std::string_view bytes);
  orch_status record_agent_run(const orch_agent_run& run);
  process::RunSpec run_spec(const orch_process& spec, const Surroundings& surroundings) const;
  Result<Surroundings> surroundings();
  orch_status answer(process::RunResult result, orch_process_result& raw);

  Session& session_;
  const std::string& plugin_;
  orch_host table_{};

  mutable std::mutex mutex_;
  bool producing_ = false;
  int running_ = 0;            // programs of this job, now
  bool has_detached_ = false;  // nothing is started any more
  std::function<Result<Surroundings>()> make_surroundings_;
  std::optional<Result<Surroundings>> surroundings_;  // empty: to be made for the next program
  int submissions_ = 0;
  std::optional<Submission> submission_;
  std::string broken_;  // what was wrong with a submission
  std::string last_error_;
  LogBudget log_budget_;
  std::map<std::string, std::size_t> aux_sizes_;
  std::string state_folder_;
  std::optional<std::string> base_checkout_;               // made, or tried: then empty
  std::map<std::thread::id, process::RunResult> results_;  // one a thread: their texts are lent out
};

}  // namespace orc::worker
