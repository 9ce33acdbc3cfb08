// SPDX-License-Identifier: Apache-2.0
#include "preflight.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "report_text.h"

namespace test_runner {

namespace {

using report_text::one_line;

using orchestrator::plugin::Exited;
using orchestrator::plugin::Host;
using orchestrator::plugin::NotStarted;
using orchestrator::plugin::Process;
using orchestrator::plugin::ProcessResult;
using orchestrator::plugin::Why;

constexpr std::chrono::seconds k_timeout{30};
// Looks for the module without importing it: 15 ms instead of 150.
constexpr const char* k_find_pytest =
    "import importlib.util, sys\n"
    "if importlib.util.find_spec('pytest') is None:\n"
    "    sys.exit('pytest is not installed for ' + sys.executable)\n"
    "print('Python', sys.version.split()[0], sys.executable)";

// A program given by a path is meant relative to the suite's folder.
std::string resolved(const std::string& program, const std::string& cwd) {
  const bool relative_path = program.find('/') != std::string::npos && program.front() != '/';
  return relative_path ? (std::filesystem::path(cwd) / program).string() : program;
}

std::string path_of(const Process& base) {
  for (const auto& [name, value] : base.env) {
    if (name == "PATH") return value;
  }
  const char* const inherited = std::getenv("PATH");
  return inherited == nullptr ? "/usr/local/bin:/usr/bin:/bin" : inherited;
}

bool is_executable(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string folder = path.substr(start, end - start);
    if (!folder.empty() && folder.front() == '/' &&
        ::access((folder + '/' + program).c_str(), X_OK) == 0)
      return true;
    start = end + 1;
  }
  return false;
}

EnvironmentDefect missing(const std::string& text) {
  return {Why::tool_missing, text};
}

// The interpreter of `python … -m pytest` or of the detected start; empty for a pytest program.
bool starts_interpreter(const Suite& suite) {
  const std::string& program = suite.command.front();
  return program.substr(program.rfind('/') + 1).rfind("python", 0) == 0;
}

std::variant<RunnerFound, Ending> ask(Process process, const std::string& what, Host& host) {
  process.timeout = k_timeout;
  process.output_cap = 4096;
  const ProcessResult result = host.run(process);
  const auto* const exited = std::get_if<Exited>(&result.end);
  if (exited != nullptr && exited->code != 0)
    return Ending(missing("the preflight of " + what + " failed: " + one_line(result.err, 200)));
  if (auto ending = classify_step(what, result.end)) return *std::move(ending);
  return RunnerFound{one_line(result.out.substr(0, result.out.find('\n')), 120)};
}

}  // namespace

std::variant<RunnerFound, Ending> find_runner(const Suite& suite, const Process& base,
                                              const std::string& safe_folder, Host& host) {
  const std::string path = path_of(base);
  for (const auto& step : suite.prepare) {
    if (!is_executable(resolved(step.front(), base.cwd), path))
      return Ending(missing(step.front() + " is not installed"));
  }
  const std::string program = resolved(suite.command.front(), base.cwd);
  if (!is_executable(program, path))
    return Ending(missing(suite.command.front() + " is not there or may not be executed"));

  Process process = base;
  process.cwd = safe_folder;
  process.argv = {program};
  if (suite.runner == Runner::pytest && starts_interpreter(suite)) {
    process.argv.insert(process.argv.end(), {"-c", k_find_pytest});
    return ask(std::move(process), program, host);
  }
  if (suite.runner == Runner::ctest) {
    process.argv.push_back("--version");
    return ask(std::move(process), program, host);
  }
  return RunnerFound{};
}

}  // namespace test_runner
