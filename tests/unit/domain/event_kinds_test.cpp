// SPDX-License-Identifier: Apache-2.0
#include "domain/event_kinds.h"

#include <gtest/gtest.h>

#include <set>

#include "domain/deployment.h"
#include "domain/monitor.h"

namespace orc {
namespace {

TEST(EventKinds, StandOnceEachAndSayWhatTheyAre) {
  std::set<std::string_view> seen;
  for (const EventKindRow& row : k_event_kinds) {
    EXPECT_TRUE(seen.insert(row.kind).second) << row.kind;
    EXPECT_FALSE(row.text.empty()) << row.kind;
  }
}

TEST(EventKinds, HaveARowForEachStateOfAFamily) {
  for (const DeploymentState state : k_deployment_states) {
    EXPECT_EQ(EventKind::of("deployment.", to_string(state)),
              "deployment." + std::string(to_string(state)));
  }
  for (const MonitorState state : k_monitor_states) {
    EXPECT_EQ(EventKind::of("monitor.", to_string(state)),
              "monitor." + std::string(to_string(state)));
  }
  for (const RollbackState state : k_rollback_states) {
    const std::string word = "rollback_" + std::string(to_string(state));
    EXPECT_EQ(EventKind::of("monitor.", word), "monitor." + word);
  }
  EXPECT_EQ(EventKind::of("monitor.", "dancing"), "event.unnamed");
}

}  // namespace
}  // namespace orc
