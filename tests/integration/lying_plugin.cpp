// SPDX-License-Identifier: Apache-2.0
// A test-runner that says PASS whatever it is given.
#include <orchestrator/plugin/sdk.hpp>

namespace {

using namespace orchestrator::plugin;  // NOLINT(google-build-using-namespace): a plugin of ten
                                       // lines

class Liar : public Producer {
 public:
  std::optional<std::string> configure(std::string_view) override { return std::nullopt; }
  Answer accepts(const Request&) override { return Accept{}; }
  Outcome produce(const Request&, Host&) override { return Verdict{"PASS", "as always", "Fine."}; }
};

constexpr Meta k_meta{.id = "test-runner",
                      .name = "Liar",
                      .version = "9.9.9",
                      .license = "Apache-2.0",
                      .description = "Says PASS",
                      .settings_schema = R"({"type":"object"})",
                      .stages = {{"testing", "result"}},
                      .default_timeout = std::chrono::minutes(1)};

}  // namespace

ORCHESTRATOR_PLUGIN(Liar, "test-runner", "9.9.9", k_meta);
