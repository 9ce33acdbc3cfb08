// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <array>

namespace orc::cli {

namespace {

struct CodeRow {
  std::string_view problem_code;
  ExitCode exit;
};
constexpr std::array k_by_code{
    CodeRow{"config_refused", ExitCode::refused_config},
    CodeRow{"draining", ExitCode::try_later},
    CodeRow{"lease_held", ExitCode::try_later},
    CodeRow{"lost_race", ExitCode::try_later},
    CodeRow{"stopping", ExitCode::try_later},
};

struct StatusRow {
  int status;
  ExitCode exit;
};
constexpr std::array k_by_status{
    StatusRow{400, ExitCode::usage},
    StatusRow{401, ExitCode::not_permitted},
    StatusRow{403, ExitCode::not_permitted},
    StatusRow{404, ExitCode::no},
    StatusRow{409, ExitCode::no},
    StatusRow{413, ExitCode::usage},
    StatusRow{415, ExitCode::usage},
    StatusRow{422, ExitCode::usage},
    StatusRow{503, ExitCode::try_later},
};

}  // namespace

ExitCode exit_code_of(int status, std::string_view problem_code) {
  for (const CodeRow& row : k_by_code) {
    if (row.problem_code == problem_code) return row.exit;
  }
  for (const StatusRow& row : k_by_status) {
    if (row.status == status) return row.exit;
  }
  return ExitCode::no;
}

}  // namespace orc::cli
