// SPDX-License-Identifier: Apache-2.0
#include "revision.h"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "text.h"

namespace deploy_finalizer {
namespace {

namespace sdk = orchestrator::plugin;

constexpr Milliseconds k_timeout = std::chrono::seconds(30);
constexpr char k_curl_limit[] = "20";  // seconds: below k_timeout, so that curl says itself what failed
constexpr char k_largest_answer[] = "1048576";
constexpr std::size_t k_least_digits = 7;

bool is_commit(std::string_view text) {
  return text.size() >= k_least_digits && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The text at "build.commit" of a JSON answer; nothing if there is none.
std::optional<std::string> field_of(const std::string& answer, std::string_view path) {
  nlohmann::json value = nlohmann::json::parse(answer, nullptr, false);
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, dot));
    if (!value.is_object() || !value.contains(name)) return std::nullopt;
    nlohmann::json next = value[name];
    value = std::move(next);
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

}  // namespace

std::variant<Command, NoCommand> revision_argv(const Settings& settings,
                                               const sdk::Request& request) {
  if (settings.revision_url.empty()) return fill_in(settings.revision_command, request);
  // No configuration file, no redirect, no other protocol: the answer is the named service's own.
  return fill_in({"curl", "--disable", "--silent", "--show-error", "--fail", "--proto",
                  "=http,https", "--max-time", k_curl_limit, "--max-filesize", k_largest_answer,
                  "--url", settings.revision_url},
                 request);
}

RevisionLook look_at_revision(const Command& argv, const Settings& settings,
                              std::string_view commit, const sdk::Request& request,
                              sdk::Host& host) {
  sdk::Process process;
  process.argv = argv;
  process.cwd = settings.cwd;
  process.env = {{"TMPDIR", std::string(request.scratch())}};
  process.env.insert(process.env.end(), settings.env.begin(), settings.env.end());
  process.timeout = k_timeout;
  const sdk::ProcessResult result = host.run(process);
  if (const auto* failure = std::get_if<sdk::NotStarted>(&result.end)) {
    const bool missing = failure->error_number == ENOENT || failure->error_number == EACCES;
    return RevisionUnreadable{"not started: " + printable(failure->text, 200), missing};
  }
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  if (exited == nullptr) return RevisionUnreadable{"it did not end by itself"};
  if (exited->code != 0) {
    const std::string said = printable(trimmed(result.err), 200);
    return RevisionUnreadable{
        "exit " + std::to_string(exited->code) + (said.empty() ? "" : ": " + said),
        exited->code == 127};
  }
  std::string running = trimmed(result.out);
  if (!settings.revision_field.empty()) {
    const auto field = field_of(running, settings.revision_field);
    if (!field) {
      return RevisionUnreadable{"its answer is no JSON object with the text \"" +
                                printable(settings.revision_field, 80) + "\""};
    }
    running = trimmed(*field);
  }
  if (!is_commit(running))
    return RevisionUnreadable{"it told no commit id: " + printable(running, 80)};
  if (commit.substr(0, running.size()) == running) return RevisionRuns{running};
  return OtherRevision{running};
}

}  // namespace deploy_finalizer
