// SPDX-License-Identifier: Apache-2.0
#include "git/command.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "domain/names.h"

namespace orc::git {

namespace {

constexpr Millis k_local_limit{5 * 60 * 1000};
constexpr Millis k_network_limit{20 * 60 * 1000};
constexpr std::size_t k_largest_answer = std::size_t{64} << 20;
constexpr std::size_t k_quoted_error = 600;

// The beginning says what went on, the end what came of it; advice of the other side lies between.
std::string quoted(std::string_view said) {
  constexpr std::size_t k_half = k_quoted_error / 2;
  if (said.size() <= k_quoted_error) return std::string(said);
  return std::string(said.substr(0, k_half)) + " … " +
         std::string(said.substr(said.size() - k_half));
}

// Whatever a repository's own configuration says, these win. An empty diff.external would break git
// diff.
constexpr std::array k_configuration = {
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.alternateRefsCommand=",
    "core.untrackedCache=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "transfer.fsckObjects=true",
    // Old mistakes of harmless tools that live on in many histories.
    "fetch.fsck.zeroPaddedFilemode=ignore",
    "fetch.fsck.missingSpaceBeforeDate=ignore",
    "fetch.fsck.badTimezone=ignore",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "safe.bareRepository=explicit",
    "http.followRedirects=false",
    "credential.helper=",
    "protocol.ext.allow=never",
    "checkout.workers=2",
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> k_environment = {{
    {"GIT_CONFIG_NOSYSTEM", "1"},
    {"GIT_CONFIG_GLOBAL", "/dev/null"},
    {"GIT_ATTR_NOSYSTEM", "1"},
    {"GIT_TERMINAL_PROMPT", "0"},
    {"GIT_OPTIONAL_LOCKS", "0"},
    {"GIT_NO_REPLACE_OBJECTS", "1"},
    // A clone that calls itself partial would make git fetch from where its configuration says.
    {"GIT_NO_LAZY_FETCH", "1"},
    {"GIT_ASKPASS", "/bin/false"},
    {"GIT_PAGER", "cat"},
    {"GIT_EDITOR", "/bin/false"},
    {"GIT_AUTHOR_NAME", "Orchestrator"},
    {"GIT_AUTHOR_EMAIL", "orchestrator@localhost"},
    {"GIT_COMMITTER_NAME", "Orchestrator"},
    {"GIT_COMMITTER_EMAIL", "orchestrator@localhost"},
    {"LC_ALL", "C"},
}};
constexpr std::string_view k_ssh =
    "ssh -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=15";

// What git says in the C locale → what it means. The first match counts.
constexpr std::array<std::pair<std::string_view, ErrorKind>, 42> k_meanings = {{
    {"but expected", ErrorKind::conflict},
    {"reference already exists", ErrorKind::conflict},
    {"(stale info)", ErrorKind::conflict},
    {"(fetch first)", ErrorKind::conflict},
    {"(non-fast-forward)", ErrorKind::conflict},
    {"failed to update ref", ErrorKind::unavailable},
    {"hook declined)", ErrorKind::refused},
    {"branch is currently checked out", ErrorKind::refused},
    {"unpacker error", ErrorKind::unavailable},
    {"fsck error", ErrorKind::malformed},
    {"error in object", ErrorKind::malformed},
    {"remote did not send all necessary objects", ErrorKind::malformed},
    {"bad object", ErrorKind::malformed},
    {"No space left", ErrorKind::unavailable},
    {"Disk quota exceeded", ErrorKind::unavailable},
    {"Cannot allocate memory", ErrorKind::unavailable},
    {".lock': File exists", ErrorKind::unavailable},
    {"cannot lock ref", ErrorKind::unavailable},
    {"Could not resolve host", ErrorKind::unavailable},
    {"Temporary failure in name resolution", ErrorKind::unavailable},
    {"Connection refused", ErrorKind::unavailable},
    {"Connection timed out", ErrorKind::unavailable},
    {"Connection reset", ErrorKind::unavailable},
    {"Couldn't connect to server", ErrorKind::unavailable},
    {"Failed to connect", ErrorKind::unavailable},
    {"Operation timed out", ErrorKind::unavailable},
    {"returned error: 5", ErrorKind::unavailable},
    {"returned error: 429", ErrorKind::unavailable},
    {"Permission denied", ErrorKind::refused},
    {"Authentication failed", ErrorKind::refused},
    {"could not read Username", ErrorKind::refused},
    {"could not read Password", ErrorKind::refused},
    {"Host key verification failed", ErrorKind::refused},
    {"returned error: 404", ErrorKind::not_found},
    {"returned error: 40", ErrorKind::refused},
    {"not allowed", ErrorKind::refused},
    {"dubious ownership", ErrorKind::refused},
    {"does not appear to be a git repository", ErrorKind::not_found},
    {"not found", ErrorKind::not_found},
    {"does not exist", ErrorKind::not_found},
    {"ot a valid ", ErrorKind::not_found},
    {"hung up unexpectedly", ErrorKind::unavailable},
}};

ErrorKind meaning_of(std::string_view text) {
  for (const auto& [words, kind] : k_meanings) {
    if (text.find(words) != std::string_view::npos) return kind;
  }
  return ErrorKind::io;
}

process::Environment environment_for(const Place& place, Reach reach) {
  process::Environment result;
  for (const auto& [name, value] : place.environment) {
    const bool is_ours = name.starts_with("GIT_") || name == "LC_ALL" || name == "LANG";
    if (!is_ours || name == "GIT_SSH_COMMAND") result.emplace_back(name, value);
  }
  for (const auto& [name, value] : k_environment) result.emplace_back(name, value);
  result.emplace_back("GIT_ALLOW_PROTOCOL", reach == Reach::network ? "https:ssh:file" : "file");
  const bool has_ssh = std::any_of(result.begin(), result.end(), [](const auto& item) {
    return item.first == "GIT_SSH_COMMAND";
  });
  if (!has_ssh) result.emplace_back("GIT_SSH_COMMAND", k_ssh);
  return result;
}

}  // namespace

Command::Command(const Place& place, const char* subcommand) : place_(place) {
  arguments_.emplace_back(subcommand);
}

Command& Command::option(const char* literal) {
  if (options_ended_) std::abort();
  arguments_.emplace_back(literal);
  return *this;
}

Command& Command::option(const char* literal, const std::string& argument) {
  if (options_ended_) std::abort();
  arguments_.push_back(literal + argument);
  return *this;
}

Command& Command::object(const std::string& id) {
  if (!is_object_id(id)) fault_ = Error{ErrorKind::refused, "not an object id: " + printable(id)};
  arguments_.push_back(id);
  return *this;
}

Command& Command::ref(std::string_view prefix, const std::string& name) {
  if (Status checked = check_branch_name(name); !checked.ok()) fault_ = std::move(checked).error();
  arguments_.push_back(std::string(prefix) + name);
  return *this;
}

Command& Command::refspec(std::string_view text) {
  return value(std::string(text));
}

Command& Command::value(std::string text) {
  if (!options_ended_) arguments_.emplace_back("--end-of-options");
  options_ended_ = true;
  arguments_.push_back(std::move(text));
  return *this;
}

Command& Command::work_tree(const std::filesystem::path& folder) {
  work_tree_ = folder;
  return *this;
}

Command& Command::index(const std::filesystem::path& file) {
  index_ = file;
  return *this;
}

Command& Command::reach(Reach reach) {
  reach_ = reach;
  return *this;
}

Command& Command::input(std::string text) {
  input_ = std::move(text);
  return *this;
}

Command& Command::also_fine(int exit_code) {
  also_fine_ = exit_code;
  return *this;
}

Result<Command::Answer> Command::run() const {
  if (fault_) return *fault_;
  process::RunSpec spec;
  spec.spawn.argv = {"git", "--no-pager", "--git-dir=" + place_.git_dir.string()};
  if (!work_tree_.empty()) spec.spawn.argv.push_back("--work-tree=" + work_tree_.string());
  for (const char* setting : k_configuration) {
    spec.spawn.argv.insert(spec.spawn.argv.end(), {"-c", setting});
  }
  spec.spawn.argv.insert(spec.spawn.argv.end(), arguments_.begin(), arguments_.end());
  spec.spawn.env = environment_for(place_, reach_);
  if (!index_.empty()) spec.spawn.env.emplace_back("GIT_INDEX_FILE", index_.string());
  // Never a folder in which git could find a repository by itself.
  spec.spawn.cwd = work_tree_.empty() ? place_.git_dir : work_tree_;
  spec.stdin_text = input_;
  spec.timeout = reach_ == Reach::network ? k_network_limit : k_local_limit;
  spec.output_cap = k_largest_answer;
  process::RunResult result = process::run(spec);

  const std::string what = "git " + arguments_[0];
  const auto fails = [&](ErrorKind kind, std::string_view why) -> Result<Answer> {
    return Error{kind, what + ": " + printable(to_utf8(why))};
  };
  return std::visit(
      overloaded{
          [&](const process::Exited& exited) -> Result<Answer> {
            if (exited.code != 0 && exited.code != also_fine_) {
              const std::string_view said = trim(result.err);
              return fails(meaning_of(said), quoted(said));
            }
            if (result.truncated) return fails(ErrorKind::refused, "the answer is too long");
            return Answer{exited.code, std::move(result.out)};
          },
          [&](const process::Signalled& signalled) -> Result<Answer> {
            return fails(ErrorKind::unavailable,
                         "ended by signal " + std::to_string(signalled.signal));
          },
          [&](const process::TimedOut&) -> Result<Answer> {
            return fails(ErrorKind::unavailable, "took longer than " + to_words(spec.timeout));
          },
          [&](const process::Cancelled&) -> Result<Answer> {
            return fails(ErrorKind::unavailable, "cancelled");
          },
          [&](const process::NotStarted& failure) -> Result<Answer> {
            const bool is_missing =
                failure.error_number == ENOENT || failure.error_number == EACCES;
            return fails(is_missing ? ErrorKind::io : ErrorKind::unavailable, failure.text);
          },
      },
      result.end);
}

Result<std::string> Command::output() const {
  ORC_TRY(const Answer answer, run());
  return std::string(trim(answer.out));
}

Status Command::done() const {
  ORC_TRY([[maybe_unused]] const Answer answer, run());
  return Done{};
}

}  // namespace orc::git
