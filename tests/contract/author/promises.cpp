// SPDX-License-Identifier: Apache-2.0
// A plugin that keeps its promises, or breaks the one that PROMISES_BREAK names. Built once for
// each.
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include "orchestrator/plugin/sdk.hpp"

namespace {

using namespace orchestrator::plugin;

constexpr std::string_view k_breaks = PROMISES_BREAK;

[[maybe_unused]] const bool k_loaded = [] {
  if (k_breaks == "load") std::abort();
  return true;
}();

class Promises : public Producer {
 public:
  std::optional<std::string> configure(std::string_view) override {
    if (k_breaks == "settings") return "the cellar is flooded";
    return std::nullopt;
  }

  Answer accepts(const Request& request) override {
    if (k_breaks == "accepts") ::raise(SIGKILL);
    if (k_breaks == "processes" && ::fork() == 0) {
      ::setsid();
      ::execlp("sleep", "sleep", "300", nullptr);
      ::_exit(1);
    }
    if (request.verification().empty() && k_breaks != "empty task")
      return Decline{Why::no_contract, "there is nothing to look at"};
    return Accept{};
  }

  Outcome produce(const Request&, Host& host) override {
    if (k_breaks == "token") return Verdict{"GREEN", "of another contract", ""};
    if (k_breaks == "cancel") {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable never;
      while (true) never.wait(lock);
    }
    const ProcessResult slept = host.run({.argv = {"sleep", "30"}});
    if (std::holds_alternative<Cancelled>(slept.end)) return Defer{Why::cancelled, "cancelled"};
    return Verdict{"PASS", "slept well", ""};
  }
};

constexpr Meta k_meta{
    .id = PROMISES_NAME,
    .name = "Promises",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .description = "Keeps them, or does not",
    .settings_schema = R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object",
      "properties":{"most":{"type":"integer",)" PROMISES_LIMIT R"(:1,"default":2}}})",
    .stages = {{"testing", "result"}},
    .default_timeout = std::chrono::minutes(1)};

}  // namespace

ORCHESTRATOR_PLUGIN(Promises, PROMISES_NAME, "1.0.0", k_meta);
