// SPDX-License-Identifier: Apache-2.0
// Whether the surroundings of a plugin are in order, asked before a task depends on it, in a child
// process: the host never loads a plugin. A preflight stops nothing; it is known and shown. Any
// thread but the engine's: a plugin may take half a minute.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/generation.h"

namespace orc::config {

enum class PreflightState : std::uint8_t {
  passed,
  failed,   // something is missing; the text says what
  unknown,  // the plugin crashed, hung or gave no answer that can be read
};
std::string_view to_string(PreflightState state);

// About the plugin's own surroundings (`repo` empty), or about one repository.
struct PreflightRow {
  std::string plugin;
  std::string repo;
  PreflightState state = PreflightState::unknown;
  std::string text;  // what will be run, or what is missing
};
// "test-runner", "test-runner · shop"
std::string subject_of(const PreflightRow& row);

// One round over some plugins, or all.
struct PreflightRound {
  bool complete = false;  // of every plugin that has one: what is not in here exists no more
  WallTime began;
  WallTime ended;
  std::vector<PreflightRow> rows;
};

// Makes files of a repository's default branch available for one round.
struct RepositoryView {
  std::string repo;
  std::filesystem::path files;  // empty: not known yet
};

struct PreflightTerms {
  std::filesystem::path worker;
  std::filesystem::path scratch;  // an existing empty folder
  std::vector<RepositoryView> views;
  std::function<bool()> cancelled;  // may be empty
};

// The enabled plugins that stand in a chain and have a preflight.
std::vector<std::string> plugins_with_preflight(const Generation& generation);
// Asks one: the row of the plugin itself first, then those of its repositories. Secrets reach the
// child over its standard input alone.
std::vector<PreflightRow> ask_preflight(const Generation& generation, const std::string& plugin,
                                        const PreflightTerms& terms);

}  // namespace orc::config
