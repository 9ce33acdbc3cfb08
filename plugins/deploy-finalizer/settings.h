// SPDX-License-Identifier: Apache-2.0
// The settings as plain values, and the command line of one deployment. Pure; any thread.
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace deploy_finalizer {

using Milliseconds = orchestrator::plugin::Milliseconds;
using Command = std::vector<std::string>;

struct Settings {
  Command command;  // empty: nothing is configured, every job is declined
  std::string cwd = "/";
  std::vector<std::pair<std::string, std::string>> env;
  Milliseconds timeout = std::chrono::seconds(300);
  Milliseconds poll = std::chrono::seconds(2);
  Milliseconds grace = std::chrono::seconds(10);  // between SIGTERM and SIGKILL at the limit
  // Where the running revision is read: one of the two, wherever there is a command.
  Command revision_command;
  std::string revision_url;
  std::string revision_field;  // "build.commit" of a JSON answer; empty: the answer is the revision
};

std::variant<Settings, std::string> parse_settings(std::string_view json);

// "300s", "5m", "250ms", "1h".
std::optional<Milliseconds> parse_duration(std::string_view text);

struct NoCommand {
  std::string text;
};
// Puts {commit}, {branch} and {work_item} in, once. A value that a shell somewhere behind the
// command could read as more than a word is refused, as is an empty one.
std::variant<Command, NoCommand> fill_in(const Command& command,
                                         const orchestrator::plugin::Request& request);

}  // namespace deploy_finalizer
