// SPDX-License-Identifier: Apache-2.0
#include "revision.h"

#include <cerrno>

#include "text.h"

namespace deploy_finalizer {
namespace {

namespace sdk = orchestrator::plugin;

constexpr Milliseconds k_timeout = std::chrono::seconds(30);
constexpr std::size_t k_least_digits = 7;

bool is_commit(std::string_view text) {
  return text.size() >= k_least_digits && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

RevisionLook look_at_revision(const Command& command, const Settings& settings,
                              std::string_view commit, sdk::Host& host) {
  sdk::Process process;
  process.argv = command;
  process.cwd = settings.cwd;
  process.env = settings.env;
  process.timeout = k_timeout;
  const sdk::ProcessResult result = host.run(process);
  if (const auto* failure = std::get_if<sdk::NotStarted>(&result.end)) {
    const bool missing = failure->error_number == ENOENT || failure->error_number == EACCES;
    return RevisionUnreadable{"not started: " + printable(failure->text, 200), missing};
  }
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  if (exited == nullptr) return RevisionUnreadable{"it did not end by itself"};
  if (exited->code != 0) {
    return RevisionUnreadable{"exit " + std::to_string(exited->code), exited->code == 127};
  }
  const std::string running = trimmed(result.out);
  if (!is_commit(running))
    return RevisionUnreadable{"it printed no commit id: " + printable(running, 80)};
  if (commit.substr(0, running.size()) == running) return RevisionRuns{};
  return OtherRevision{running};
}

}  // namespace deploy_finalizer
