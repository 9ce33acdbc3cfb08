// SPDX-License-Identifier: Apache-2.0
// What is stored about producers that run in the shadow of the deciding one.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "domain/stage.h"

namespace orc::store {

enum class ShadowPurpose : std::uint8_t {
  compare,  // what would it have said?
  triage,   // why is the verdict red? In words, and unable to change it
};

struct NewShadow {
  JobId job;  // the deciding one
  TaskId task;
  Stage stage = Stage::analysis;
  std::string producer;
  std::string decider;
  std::string decided;  // its verdict token
  std::string commit;
  ShadowPurpose purpose = ShadowPurpose::compare;
};

struct ShadowRun {
  std::int64_t id = 0;
  NewShadow what;
  std::string run_id;  // empty before it started
};

struct ShadowEnd {
  std::string outcome;  // name_of(JobOutcome), `skipped` or `lost`
  std::string reason;
  std::string verdict;
  std::string text;
  std::string artifact;  // path below the state folder
  WallTime at;
};

// Finished runs that are alike, counted.
struct ShadowTally {
  Stage stage = Stage::analysis;
  std::string producer;
  std::string decider;
  std::string decided;
  std::string outcome;
  std::string reason;
  std::string verdict;
  std::int64_t count = 0;
  std::int64_t shadow_ms = 0;   // in all
  std::int64_t decider_ms = 0;  // in all
  double cost_usd = 0;          // of the deciders' agent runs whose cost is known
  std::int64_t costs_known = 0;
};

struct ShadowDisagreement {
  std::int64_t id = 0;
  std::string work_item;
  Stage stage = Stage::analysis;
  std::string producer;
  std::string decided;
  std::string verdict;
  std::string text;
  std::string artifact;
  WallTime at;
};

}  // namespace orc::store
