// SPDX-License-Identifier: Apache-2.0
#include "config/shipped.h"

#include <system_error>

#ifndef ORCH_DATA_DIR
#define ORCH_DATA_DIR "/usr/share/orchestrator"
#endif
#ifndef ORCH_LIB_DIR
#define ORCH_LIB_DIR "/usr/lib/orchestrator"
#endif

#ifndef ORCH_LIB_RELATIVE
#define ORCH_LIB_RELATIVE "lib/orchestrator"
#endif

namespace orc::config {

namespace {

namespace fs = std::filesystem;

const fs::path& program_folder() {
  static const fs::path folder = [] {
    std::error_code failed;
    return fs::read_symlink("/proc/self/exe", failed).parent_path();
  }();
  return folder;
}

bool in_build_tree() {
#ifdef ORCH_BUILD_DIR
  const std::string tree = fs::path(ORCH_BUILD_DIR).lexically_normal().string() + "/";
  return program_folder().string().starts_with(tree);
#else
  return false;
#endif
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

}  // namespace

fs::path shipped_prompts() {
#ifdef ORCH_BUILD_DIR
  if (in_build_tree()) return fs::path(ORCH_CONFIG_SOURCE_DIR) / "prompts";
#endif
  const fs::path beside = program_folder().parent_path() / "share/orchestrator/prompts";
  return is_folder(beside) ? beside : fs::path(ORCH_DATA_DIR) / "prompts";
}

std::vector<fs::path> shipped_plugin_dirs() {
#ifdef ORCH_BUILD_DIR
  if (in_build_tree()) return {fs::path(ORCH_BUILD_DIR) / "plugins"};
#endif
  const fs::path beside = program_folder().parent_path() / ORCH_LIB_RELATIVE / "plugins";
  if (is_folder(beside)) return {beside, "/usr/local/lib/orchestrator/plugins"};
  return {fs::path(ORCH_LIB_DIR) / "plugins", "/usr/local/lib/orchestrator/plugins"};
}

}  // namespace orc::config
