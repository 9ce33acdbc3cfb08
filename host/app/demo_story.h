// SPDX-License-Identifier: Apache-2.0
// The four tasks of the demo: what is asked for, who approves what, and how each has to end. The
// endings are judged by what the host says afterwards and by what lies on disk, never by the
// transcript. Pure but for reads.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/demo_host.h"
#include "domain/stage.h"

namespace orc::app {

struct Chapter {
  std::string_view work_item;
  std::string_view repo;
  std::string_view title;
  std::string_view request;
  std::string_view promise;   // what the reader is going to see
  std::string_view state;     // the state it ends in, as the API says it
  Stage stage;                // the stage it ends at
  bool demo_approves = true;  // its human gates are answered by the demo, openly
  // What is not as promised beyond state and stage; nothing if all is well.
  std::optional<std::string> (*verify)(const Chapter& chapter, const DemoHost& host,
                                       const Json& task);
};

std::span<const Chapter> chapters();

// What is wrong with the ending; nothing if all is as promised.
std::optional<std::string> judge(const Chapter& chapter, const DemoHost& host);

}  // namespace orc::app
