// SPDX-License-Identifier: Apache-2.0
#include "run_suite.h"

#include <algorithm>
#include <system_error>

#include "preflight.h"
#include "report_text.h"

namespace test_runner {

namespace {

using report_text::one_line;

namespace fs = std::filesystem;
using namespace orchestrator::plugin;

constexpr Milliseconds k_step_timeout = std::chrono::minutes(30);

void fill_in(Suite& suite, const std::string& scratch) {
  for (auto& step : suite.prepare) {
    for (std::string& argument : step) argument = with_scratch(std::move(argument), scratch);
  }
  for (std::string& argument : suite.command) argument = with_scratch(std::move(argument), scratch);
  for (auto& [name, value] : suite.env) value = with_scratch(std::move(value), scratch);
}

}  // namespace

std::variant<Process, std::string> settle(Suite& suite, const fs::path& checkout,
                                          const std::string& scratch) {
  std::error_code error;
  for (const char* const folder : {"home", "tmp", "preflight"}) {
    fs::create_directories(fs::path(scratch) / folder, error);
    if (error) return "the scratch folder cannot be used: " + error.message();
  }
  fill_in(suite, scratch);
  Process process;
  process.cwd = (checkout / suite.cwd).lexically_normal().string();
  process.env = {{"HOME", scratch + "/home"}, {"TMPDIR", scratch + "/tmp"}};
  for (const auto& [name, value] : suite.env) {
    const auto known = std::find_if(process.env.begin(), process.env.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (known == process.env.end()) {
      process.env.emplace_back(name, value);
    } else {
      known->second = value;
    }
  }
  return process;
}

SuiteRun run_suite(Suite suite, const fs::path& checkout, const std::string& scratch, Host& host) {
  const std::string junit = suite.junit;
  SuiteRun run{std::move(suite), "", Unknown{}, NoEvidence{Missing::absent, ""}, {}, false, ""};
  auto settled = settle(run.suite, checkout, scratch);
  if (const auto* const problem = std::get_if<std::string>(&settled)) {
    run.ending = Transient{Why::resource, *problem};
    return run;
  }
  Process process = std::get<Process>(std::move(settled));
  auto runner = find_runner(run.suite, process, scratch + "/preflight", host);
  if (auto* const ending = std::get_if<Ending>(&runner)) {
    run.ending = std::move(*ending);
    return run;
  }
  run.runner_version = std::get<RunnerFound>(runner).version;

  for (const auto& step : run.suite.prepare) {
    const std::string words = step.front() + (step.size() > 1 ? ' ' + step[1] : std::string());
    host.progress("preparing: " + one_line(words, 80));
    process.argv = step;
    process.timeout = k_step_timeout;
    run.result = host.run(process);
    if (auto ending = classify_step("the step `" + words + '`', run.result.end)) {
      run.ending = *std::move(ending);
      return run;
    }
  }

  EvidenceSource source(run.suite, checkout, scratch);
  host.progress("running the tests: " + one_line(run.suite.command.front(), 80));
  process.argv = run.suite.command;
  process.timeout = run.suite.timeout;
  process.on_output = [&](Stream stream, std::string_view bytes) { source.take(stream, bytes); };
  run.result = host.run(process);
  run.was_started = true;
  run.evidence = source.read(run.result.out);
  run.ending = classify(run.suite, run.result.end, run.evidence);
  run.junit_bytes = source.junit_bytes();
  return run;
}

}  // namespace test_runner
