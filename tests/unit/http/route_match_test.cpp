// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "http/routes.h"

namespace orc::test {
namespace {

using Captured = std::optional<std::vector<std::string>>;

TEST(RouteMatch, TakesWholeSegmentsAndDecodesThem) {
  EXPECT_EQ(http::match("/api/v1/tasks/{id}/why", "/api/v1/tasks/ORCH-1/why"),
            Captured({"ORCH-1"}));
  EXPECT_EQ(http::match("/api/v1/plugins/{name}", "/api/v1/plugins/staging-runner%2Fwebsite"),
            Captured({"staging-runner/website"}));
  EXPECT_EQ(http::match("/a/{name*}", "/a/06-adr/ADR-001.md"), Captured({"06-adr/ADR-001.md"}));
  EXPECT_EQ(http::match("/status", "/status"), Captured(std::vector<std::string>()));
}

TEST(RouteMatch, RefusesWhatDoesNotFit) {
  EXPECT_EQ(http::match("/status", "/status/"), std::nullopt);
  EXPECT_EQ(http::match("/status", "/"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a/"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a/b/c"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a/%zz"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a/%00"), std::nullopt);
  EXPECT_EQ(http::match("/a/{x}", "/a/%4"), std::nullopt);
}

}  // namespace
}  // namespace orc::test
