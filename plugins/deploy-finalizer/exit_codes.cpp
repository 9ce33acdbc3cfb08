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
    Row{0, 0, ExitMeaning::succeeded},           Row{1, 125, ExitMeaning::failed},
    Row{126, 127, ExitMeaning::program_missing}, Row{128, 128, ExitMeaning::failed},
    Row{129, 192, ExitMeaning::killed},          Row{193, 254, ExitMeaning::failed},
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
