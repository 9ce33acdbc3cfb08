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

// What the runner itself executes or obeys.
constexpr std::array<std::string_view, 13> k_runner_names{
    "conftest.py",       "pytest.ini", ".pytest.ini",      "tox.ini",          "setup.cfg",
    "pyproject.toml",    "noxfile.py", "sitecustomize.py", "usercustomize.py", "CTestConfig.cmake",
    "CTestCustom.cmake", ".npmrc",     "maven.config"};
// What says how tests are built and which there are.
constexpr std::array<std::string_view, 20> k_build_names{
    "setup.py",     "CMakeLists.txt", "CMakePresets.json", "CMakeUserPresets.json",
    "Makefile",     "GNUmakefile",    "makefile",          "Makefile.am",
    "configure.ac", "configure",      "package.json",      "package-lock.json",
    "go.mod",       "go.sum",         "go.work",           "Cargo.toml",
    "Cargo.lock",   "build.rs",       "pom.xml",           "mvnw"};
constexpr std::array<std::string_view, 4> k_folders{"test", "tests", "testing", "__tests__"};
// What lies in these configures a runner, whatever it is called.
constexpr std::array<std::string_view, 3> k_configuration_folders{".cargo", ".mvn", ".config"};

bool names_a_test(std::string_view name) {
  const std::string_view stem = name.substr(0, name.rfind('.'));
  const auto ends = [&](std::string_view end) {
    return stem.size() > end.size() && stem.substr(stem.size() - end.size()) == end;
  };
  return stem.substr(0, 5) == "test_" || ends("_test") || ends("_tests") || ends(".test") ||
         ends(".spec");
}

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool lies_in_configuration_folder(std::string_view path) {
  return is_one_of(k_configuration_folders, path.substr(0, path.find('/')));
}

bool lies_in_test_folder(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return false;
    if (is_one_of(k_folders, path.substr(0, slash))) return true;
    path.remove_prefix(slash + 1);
  }
}

// Imported before any test of its package.
bool is_package_of_tests(std::string_view path) {
  return name_in(path) == "__init__.py" && lies_in_test_folder(path);
}

bool configures_runner(std::string_view path) {
  return lies_in_configuration_folder(path) || is_one_of(k_runner_names, name_in(path)) ||
         is_package_of_tests(path);
}

}  // namespace

bool is_test_configuration(std::string_view path) {
  return configures_runner(path) || is_one_of(k_build_names, name_in(path));
}

bool is_test_surface(std::string_view path) {
  return is_test_configuration(path) || lies_in_test_folder(path) || names_a_test(path);
}

Surface runner_configuration(const Surface& surface) {
  Surface kept{.known = surface.known, .reason = surface.reason, .files = {}};
  std::copy_if(surface.files.begin(), surface.files.end(), std::back_inserter(kept.files),
               configures_runner);
  return kept;
}

std::optional<SurfacePolicy> parse_surface_policy(std::string_view text) {
  if (text == "verify") return SurfacePolicy::verify;
  if (text == "list") return SurfacePolicy::list;
  if (text == "base") return SurfacePolicy::base;
  if (text == "approve") return SurfacePolicy::approve;
  return std::nullopt;
}

std::optional<std::string> restore_base(const Surface& surface, const std::filesystem::path& base,
                                        const std::filesystem::path& checkout) {
  namespace fs = std::filesystem;
  for (const std::string& file : surface.files) {
    std::error_code error;
    const fs::file_status before = fs::symlink_status(base / file, error);
    const bool was_there = fs::exists(before);
    if (!was_there && !is_test_configuration(file)) continue;
    // The path may have become a folder or a link, and its parents something else than folders.
    fs::path at = checkout;
    for (const fs::path& part : fs::path(file).parent_path()) {
      at /= part;
      if (!fs::is_directory(fs::symlink_status(at, error))) fs::remove_all(at, error);
    }
    fs::remove_all(checkout / file, error);
    if (!was_there) continue;
    fs::create_directories((checkout / file).parent_path(), error);
    fs::copy(base / file, checkout / file, fs::copy_options::copy_symlinks, error);
    if (error) return "the base's " + file + " could not be put back: " + error.message();
  }
  return std::nullopt;
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
