// SPDX-License-Identifier: Apache-2.0
// What the board's pages show, as the values of their templates (host/http/board/*.mustache): words
// that stand there as they are, for a template decides nothing. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/log_tail.h"
#include "http/views/views.h"

namespace orc::http::views {

// How a state is shown: never by its colour alone.
struct StateSign {
  std::string_view state;
  std::string_view icon;
  std::string_view word;
};
const StateSign& sign_of(std::string_view state);

// "41 s", "3 min", "2 h", "4 d"
std::string age_words(Millis age);

struct BoardFacts {
  const engine::Snapshot& status;
  engine::ReloadHistory reloads;
  Picture picture;  // with its jobs
  std::vector<store::StageCount> counts;
  std::vector<Task> standing;  // waiting for a person, or held
  std::vector<Task> done;      // lately, newest first
  std::map<TaskId, double> costs;
  std::vector<Alert> alerts;
  std::optional<store::Drain> drain;
  std::string sentence;
};
Json board(const BoardFacts& facts);

struct ShownArtifact {
  ArtifactRecord record;
  struct Field {
    std::string key, value;
    int line = 0;
  };
  std::vector<Field> fields;  // the frontmatter as the gates read it
  std::string unreadable;     // why they cannot
};
struct TaskPageFacts {
  Task task;
  TaskFacts facts;
  Picture picture;
  std::vector<ShownArtifact> artifacts;
  const Job* run = nullptr;  // of `facts`: whose log is shown
  std::vector<LogLine> log;
};
Json task_page(const TaskPageFacts& facts);

}  // namespace orc::http::views
