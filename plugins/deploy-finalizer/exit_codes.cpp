// SPDX-License-Identifier: Apache-2.0
#include "exit_codes.h"

#include <array>

namespace deploy_finalizer {
namespace {

struct Row {
  int first;
  int last;
  ExitMeaning meaning;
};

constexpr std::array k_rows{
    Row{0, 0, ExitMeaning::succeeded},
    Row{1, 123, ExitMeaning::failed},
    Row{124, 124, ExitMeaning::timed_out},
    Row{125, 125, ExitMeaning::unknown},  // timeout(1) itself failed, or the command said so
    Row{126, 127, ExitMeaning::program_missing},
    Row{128, 128, ExitMeaning::failed},
    Row{129, 192, ExitMeaning::killed},
    Row{193, 254, ExitMeaning::failed},
    Row{255, 255, ExitMeaning::unknown},
};

}  // namespace

ExitMeaning meaning_of(int exit_code) {
  for (const Row& row : k_rows) {
    if (exit_code >= row.first && exit_code <= row.last) return row.meaning;
  }
  return ExitMeaning::unknown;
}

}  // namespace deploy_finalizer
