// SPDX-License-Identifier: Apache-2.0
// The demo's running commentary: one line for each thing that happened to one of its tasks, in the
// order in which it happened, from the timelines that every operator can read. [main thread]
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/demo_host.h"

namespace orc::app {

struct DemoLine {
  std::string key;  // the same happening has the same key in every later timeline
  std::string at;   // ISO 8601
  std::string text;
};

// What a timeline has to tell, oldest first. Pure.
std::vector<DemoLine> demo_lines(const Json& timeline);

class DemoTranscript {
 public:
  // Lines that are new since the last call, over all tasks of the story.
  std::vector<std::string> news(const DemoHost& host);

 private:
  std::set<std::string> told_;
};

}  // namespace orc::app
