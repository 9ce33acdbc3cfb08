// SPDX-License-Identifier: Apache-2.0
#include "support/paths.h"

namespace orc::test {

const std::string& bin_dir() {
  static const std::string folder = ORCH_BIN_DIR;
  return folder;
}

const std::string& plugin_dir() {
  static const std::string folder = ORCH_PLUGIN_DIR;
  return folder;
}

const std::string& source_dir() {
  static const std::string folder = ORCH_SOURCE_DIR;
  return folder;
}

}  // namespace orc::test
