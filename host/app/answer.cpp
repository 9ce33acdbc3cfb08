// SPDX-License-Identifier: Apache-2.0
#include "app/answer.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace orc::app {

void print_answer(const Json& answer, const char* rows, cli::OutputFormat output,
                  std::string (*view)(const Json&)) {
  const auto dump = [](const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  if (output == cli::OutputFormat::text) {
    std::fputs(printable(view(answer)).c_str(), stdout);
  } else if (output == cli::OutputFormat::json || rows == nullptr) {
    std::puts(dump(answer).c_str());
  } else {
    for (const Json& row : answer[rows]) std::puts(dump(row).c_str());
  }
}

}  // namespace orc::app
