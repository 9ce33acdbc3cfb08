// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "cli/cli.h"

constexpr int k_exit_software = 70;  // sysexits.h

int main(int argc, char** argv) {
  try {
    orc::app::Commands commands;
    return orc::cli::run_command_line(argc, argv, commands);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orchestrator: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "orchestrator: unknown exception\n");
  }
  return k_exit_software;
}
