// SPDX-License-Identifier: Apache-2.0
// A plugin's wish to run a program as the worker's own terms, and the answer back. Pure; any
// thread.
#pragma once

#include <orchestrator/plugin/abi.h>

#include <filesystem>
#include <string>

#include "process/process.h"

namespace orc::worker {

// What holds where the plugin did not say.
struct RunTerms {
  std::filesystem::path cwd;
  process::Environment environment;  // beyond the base; the plugin's own word outranks it
  std::string run_id;
  Millis remaining;  // no run takes longer
  Millis grace;
};

// False: an argument breaks the contract, and nothing may be started.
bool is_sound(const orch_process& spec);
process::RunSpec to_run_spec(const orch_process& spec, const RunTerms& terms);
// The texts of `raw` are borrowed from `result`.
void fill(orch_process_result& raw, const process::RunResult& result);

}  // namespace orc::worker
