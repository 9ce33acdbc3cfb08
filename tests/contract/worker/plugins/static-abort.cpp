// SPDX-License-Identifier: Apache-2.0
// Ends every process that loads it: what a library may do before the host has called anything.
#include <cstdlib>

#include "orchestrator/plugin/sdk.hpp"

namespace {

using namespace orchestrator::plugin;

struct Bomb {
  Bomb() { std::abort(); }
};
const Bomb bomb;

class StaticAbort : public Producer {
 public:
  std::optional<std::string> configure(std::string_view) override { return std::nullopt; }
  Answer accepts(const Request&) override { return Accept{}; }
  Outcome produce(const Request&, Host&) override { return Verdict{"PASS", "", ""}; }
};

constexpr Meta k_meta{.id = "static-abort",
                      .name = "Static abort",
                      .version = "1.0.0",
                      .license = "Apache-2.0",
                      .description = "Ends whoever loads it",
                      .settings_schema = "{}",
                      .stages = {{"*", ""}}};

}  // namespace

ORCHESTRATOR_PLUGIN(StaticAbort, "static-abort", "1.0.0", k_meta);
