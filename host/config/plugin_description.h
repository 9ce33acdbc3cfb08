// SPDX-License-Identifier: Apache-2.0
// What a plugin says about itself, asked in a child process: the host never loads a plugin. Any
// thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "config/plugin_library.h"

namespace orc::config {

struct StageClaim {
  std::string stage;  // "testing", or "*"
  std::string verdict_key;
};

struct Description {
  std::string id;
  std::string version;
  std::string abi;
  std::string description;
  std::vector<std::string> capabilities;
  std::vector<StageClaim> stages;
  Millis default_timeout{0};
  std::string settings_schema;                  // JSON
  std::optional<std::string> refused_settings;  // why configure() refused what it was given
};

// Runs `worker --describe COPY`, with `settings` on its standard input where there are any; ten
// seconds at most. The answer is remembered by content and settings, so that an unchanged plugin
// costs nothing. The Error's text completes the sentence "the plugin …".
Result<Description> describe_plugin(const std::filesystem::path& worker, const Library& library,
                                    const std::optional<std::string>& settings);

// How a configured plugin answers a task that brings nothing: no repository, contract or text.
struct EmptyAnswer {
  bool accepted = false;
  std::string reason;    // of a decline: "no_contract"
  std::string text;      // of a decline or a fault
  bool faulted = false;  // it threw, or answered outside the contract
  int left_running = 0;  // processes that it had started and not ended; they are ended now
};
// The same child, asked one thing more; never remembered. An Error as above, also for settings that
// are refused.
Result<EmptyAnswer> ask_about_empty_task(const std::filesystem::path& worker,
                                         const Library& library, const std::string& settings,
                                         std::string_view stage);

}  // namespace orc::config
