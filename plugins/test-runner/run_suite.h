// SPDX-License-Identifier: Apache-2.0
// One run of one suite in one checkout: the runner is looked for, the preparing steps are done, the
// suite runs, its evidence is read and both are judged.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "classify.h"
#include "evidence.h"
#include "orchestrator/plugin/sdk.hpp"
#include "suite.h"

namespace test_runner {

struct SuiteRun {
  Suite suite;  // with {scratch} filled in
  std::string runner_version;
  Ending ending;
  Evidence evidence;
  // Of the last program that ran: the suite, or the step that ended it.
  orchestrator::plugin::ProcessResult result;
  bool was_started = false;  // the suite itself
  std::string junit_bytes;   // to keep beside the artifact; may be empty
};

// `scratch` is an existing private folder; the suite gets a home and a temporary folder in it.
SuiteRun run_suite(Suite suite, const std::filesystem::path& checkout, const std::string& scratch,
                   orchestrator::plugin::Host& host);

// The process a suite's programs start from: folder and environment. Makes the folders.
std::variant<orchestrator::plugin::Process, std::string> settle(
    Suite& suite, const std::filesystem::path& checkout, const std::string& scratch);

}  // namespace test_runner
