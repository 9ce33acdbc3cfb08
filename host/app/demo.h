// SPDX-License-Identifier: Apache-2.0
// `orchestrator demo`: a folder with three small repositories, a host of its own, and four tasks
// that end in the four ways a task can end. No model, no network; git, the suites, ssh and the
// deploy are real. [main thread]
#pragma once

#include <cstdint>
#include <filesystem>

namespace orc::app {

enum class DemoMode : std::uint8_t {
  stay,   // the host keeps running until Ctrl-C
  check,  // unattended: verifies the endings, stops the host, removes the folder
};

struct DemoOptions {
  std::filesystem::path
      folder;  // must be missing or empty; not given: a fresh one below the temporary folder
  DemoMode mode = DemoMode::stay;
};

// Returns the exit code: 0 if every task ended as said. The host and everything it started have
// ended; the folder is removed with --check, and otherwise where the demo made it up itself.
int run_demo(const DemoOptions& options);

}  // namespace orc::app
