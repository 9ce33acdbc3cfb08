// SPDX-License-Identifier: Apache-2.0
// Counts the lines of every file of the verification checkout with wc and judges the longest.
#pragma once

#include <orchestrator/plugin/sdk.hpp>

namespace lines_check {

class LinesCheck : public orchestrator::plugin::Producer {
 public:
  std::optional<std::string> configure(std::string_view settings_json) override;
  orchestrator::plugin::Answer accepts(const orchestrator::plugin::Request& request) override;
  orchestrator::plugin::Outcome produce(const orchestrator::plugin::Request& request,
                                        orchestrator::plugin::Host& host) override;

 private:
  long most_lines_ = 1000;
};

}  // namespace lines_check
