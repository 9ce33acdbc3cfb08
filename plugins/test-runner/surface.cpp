// SPDX-License-Identifier: Apache-2.0
#include "surface.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

namespace test_runner {

namespace {

using orchestrator::plugin::Exited;
using orchestrator::plugin::Host;
using orchestrator::plugin::Process;
using orchestrator::plugin::Request;

constexpr std::array<std::string_view, 13> k_names{
    "conftest.py",       "pytest.ini", "tox.ini",        "setup.cfg",         "pyproject.toml",
    "sitecustomize.py",  "noxfile.py", "CMakeLists.txt", "CMakePresets.json", "CTestConfig.cmake",
    "CTestCustom.cmake", "Makefile",   "package.json"};
constexpr std::array<std::string_view, 4> k_folders{"test", "tests", "testing", "__tests__"};

bool names_a_test(std::string_view name) {
  const std::string_view stem = name.substr(0, name.rfind('.'));
  const auto ends = [&](std::string_view end) {
    return stem.size() > end.size() && stem.substr(stem.size() - end.size()) == end;
  };
  return stem.substr(0, 5) == "test_" || ends("_test") || ends("_tests") || ends(".test") ||
         ends(".spec");
}

}  // namespace

bool is_test_surface(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) break;
    const std::string_view folder = path.substr(0, slash);
    if (std::find(k_folders.begin(), k_folders.end(), folder) != k_folders.end()) return true;
    path.remove_prefix(slash + 1);
  }
  return names_a_test(path) || std::find(k_names.begin(), k_names.end(), path) != k_names.end();
}

Surface changed_surface(const Request& request, Host& host) {
  Surface surface;
  if (request.base_commit().empty() || request.commit().empty()) {
    surface.reason = "the base commit is not known";
    return surface;
  }
  // The clone belongs to the agent: nothing it configures there may answer in git's place.
  Process git;
  git.argv = {"git",
              "--no-replace-objects",
              "--no-pager",
              "-c",
              "core.hooksPath=/dev/null",
              "-c",
              "core.fsmonitor=false",
              "diff-tree",
              "-r",
              "-z",
              "--name-only",
              "--no-ext-diff",
              "--no-textconv",
              "--no-renames",
              "--end-of-options",
              std::string(request.base_commit()),
              std::string(request.commit())};
  git.cwd = std::string(request.worktree());
  git.env = {{"GIT_CONFIG_NOSYSTEM", "1"},
             {"GIT_CONFIG_GLOBAL", "/dev/null"},
             {"GIT_OPTIONAL_LOCKS", "0"}};
  git.timeout = std::chrono::seconds(10);
  const auto result = host.run(git);
  const auto* const exited = std::get_if<Exited>(&result.end);
  if (exited == nullptr || exited->code != 0 || result.truncated) {
    surface.reason = "git could not compare the commits";
    return surface;
  }
  surface.known = true;
  for (std::size_t start = 0; start < result.out.size();) {
    const std::size_t end = std::min(result.out.find('\0', start), result.out.size());
    const std::string path = result.out.substr(start, end - start);
    if (is_test_surface(path)) surface.files.push_back(path);
    start = end + 1;
  }
  return surface;
}

}  // namespace test_runner
