// SPDX-License-Identifier: Apache-2.0
#include "test_runner.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "classify.h"
#include "evidence.h"
#include "preflight.h"
#include "report.h"
#include "report_text.h"
#include "suite.h"
#include "surface.h"

namespace test_runner {

namespace {

using report_text::one_line;
using report_text::tail;

namespace fs = std::filesystem;
using namespace orchestrator::plugin;

constexpr std::size_t k_max_kept_report = 1024 * 1024;
constexpr Milliseconds k_step_timeout = std::chrono::minutes(30);

// The host's checkout of exactly the tested commit; without a repository the task's own folder.
fs::path checkout_of(const Request& request) {
  return request.verification().empty() ? request.worktree() : request.verification();
}

// Neither a pass nor a fail: what the host is told instead. The log's end says why.
Outcome without_verdict(const Ending& ending, Host& host, const ProcessResult* result) {
  if (result != nullptr) {
    const std::string log = tail(result->out, 20, 4000) + '\n' + tail(result->err, 20, 4000);
    host.log(Level::info, "end of the output:\n" + log);
  }
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending))
    return Hold{defect->why, defect->text};
  if (const auto* transient = std::get_if<Transient>(&ending))
    return Defer{transient->why, transient->text, Milliseconds{0}, {}};
  if (const auto* unknown = std::get_if<Unknown>(&ending)) return Hold{Why::unknown, unknown->text};
  return Hold{Why::unknown, "the suite ran, but there is no report to show"};
}

std::string text_of(const Ending& ending) {
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending)) return defect->text;
  if (const auto* transient = std::get_if<Transient>(&ending)) return transient->text;
  const auto* const unknown = std::get_if<Unknown>(&ending);
  return unknown == nullptr ? "" : unknown->text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// A program given by a relative path comes with the checkout.
bool lies_in_checkout(const Suite& suite) {
  const std::string& program = suite.command.front();
  return program.front() != '/' && program.find('/') != std::string::npos;
}

// Fills in {scratch}; the suite's processes get a home and a temporary folder of their own.
std::optional<std::string> settle(Suite& suite, const std::string& scratch) {
  std::error_code error;
  for (const char* const folder : {"home", "tmp", "preflight"}) {
    fs::create_directories(fs::path(scratch) / folder, error);
    if (error) return "the scratch folder cannot be used: " + error.message();
  }
  for (auto& step : suite.prepare) {
    for (std::string& argument : step) argument = with_scratch(std::move(argument), scratch);
  }
  for (std::string& argument : suite.command) argument = with_scratch(std::move(argument), scratch);
  for (auto& [name, value] : suite.env) value = with_scratch(std::move(value), scratch);
  return std::nullopt;
}

Process base_process(const Suite& suite, const fs::path& checkout, const std::string& scratch) {
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

ReportFile report_file(const Suite& suite, const fs::path& checkout, const std::string& scratch) {
  const std::string full = with_scratch(suite.junit, scratch);
  if (full != suite.junit) return {scratch, fs::path(full).lexically_relative(scratch)};
  return {checkout, (fs::path(suite.cwd) / suite.junit).lexically_normal()};
}

// What would be run for a repository, and whether its runner is there.
void look_at(const Request& request, std::size_t index, Host& host) {
  auto found = find_suite(request.contract(), request.verification());
  if (const auto* none = std::get_if<NoSuite>(&found)) {
    const bool is_known = !request.verification().empty();
    if (is_known) host.found(index, true, "declined: " + none->reason);
    return;
  }
  Suite& suite = std::get<Suite>(found);
  const std::string scratch(request.scratch());
  const std::string command = suite.source + ": `" + one_line(joined(suite.command), 200) + '`';
  if (settle(suite, scratch)) return;
  if (lies_in_checkout(suite)) {
    host.found(index, true, command + ", looked for when it runs");
    return;
  }
  Process process = base_process(suite, scratch, scratch);
  const auto runner = find_runner(suite, process, scratch, host);
  const auto* const ready = std::get_if<RunnerFound>(&runner);
  if (ready != nullptr) {
    host.found(index, true, command + (ready->version.empty() ? "" : " (" + ready->version + ")"));
    return;
  }
  host.found(index, false, text_of(std::get<Ending>(runner)));
}

}  // namespace

std::optional<std::string> TestRunner::preflight(Host& host) {
  const std::vector<Request> repositories = host.repositories();
  for (std::size_t i = 0; i < repositories.size(); ++i) look_at(repositories[i], i, host);
  return std::nullopt;
}

std::optional<std::string> TestRunner::configure(std::string_view settings_json) {
  const auto settings = nlohmann::json::parse(settings_json, nullptr, false);
  if (!settings.is_object()) return "the settings are no object";
  const auto min_tests = settings.find("min_tests");
  if (min_tests == settings.end()) return std::nullopt;
  if (!min_tests->is_number_integer() || *min_tests < 1) return "min_tests: must be at least 1";
  min_tests_ = min_tests->get<std::int64_t>();
  return std::nullopt;
}

Answer TestRunner::accepts(const Request& request) {
  if (request.stage() != "testing") return Decline{Why::out_of_scope, "not the testing stage"};
  const auto suite = find_suite(request.contract(), checkout_of(request));
  if (const auto* none = std::get_if<NoSuite>(&suite))
    return Decline{Why::no_contract, none->reason};
  return Accept{};
}

Outcome TestRunner::produce(const Request& request, Host& host) {
  const fs::path checkout = checkout_of(request);
  const std::string scratch(request.scratch());
  auto found = find_suite(request.contract(), checkout);
  if (const auto* none = std::get_if<NoSuite>(&found)) return Hold{Why::config, none->reason};
  Suite& suite = std::get<Suite>(found);
  suite.min_tests = std::max(suite.min_tests, min_tests_);
  if (auto problem = settle(suite, scratch))
    return Defer{Why::resource, *problem, Milliseconds{0}, {}};

  Process process = base_process(suite, checkout, scratch);
  auto runner = find_runner(suite, process, scratch + "/preflight", host);
  if (const auto* ending = std::get_if<Ending>(&runner))
    return without_verdict(*ending, host, nullptr);

  for (const auto& step : suite.prepare) {
    host.progress("preparing: " + one_line(step.front() + ' ' + step.at(1), 80));
    process.argv = step;
    process.timeout = k_step_timeout;
    const ProcessResult result = host.run(process);
    if (auto ending =
            classify_step("the step `" + step.front() + ' ' + step.at(1) + '`', result.end))
      return without_verdict(*ending, host, &result);
  }

  const Surface surface = changed_surface(request, host);
  ReportFile file = report_file(suite, checkout, scratch);
  host.progress("running the tests: " + one_line(suite.command.front(), 80));
  process.argv = suite.command;
  process.timeout = suite.timeout;
  const ProcessResult result = host.run(process);
  const Evidence evidence = file.read();
  const Ending ending = classify(suite, result.end, evidence);
  const auto* const ran = std::get_if<SuiteRan>(&ending);
  const auto* const report = std::get_if<JunitReport>(&evidence);
  if (ran == nullptr || report == nullptr) return without_verdict(ending, host, &result);

  if (file.bytes().size() <= k_max_kept_report)
    host.write_aux("13-test-report.junit.xml", file.bytes());
  const Run run{suite, request, result, *report, surface, std::get<RunnerFound>(runner).version,
                *ran};
  return Verdict{ran->colour == Colour::green ? "PASS" : "FAIL", summary(run), report_body(run)};
}

}  // namespace test_runner
