// SPDX-License-Identifier: Apache-2.0
// A forge's hint makes a poll due, and nothing else.
#include <gtest/gtest.h>

#include "unit/engine/engine_harness.h"

namespace orc::engine::test {
namespace {

constexpr Millis k_hour{3'600'000};

void of_a_forge(config::Generation& generation) {
  generation.config.repos["demo"].gates.forge = {.kind = "gitea", .repository = "team/shop"};
}

Reply comes_back(ReasonCode reason) {
  return {.outcome = Deferred{.reason = reason, .text = "not yet", .retry_after = k_hour}};
}

class LookingAgain : public ::testing::Test {
 protected:
  // A task whose review has come back with this and waits for an hour.
  void wait_after(ReasonCode reason) {
    host.launcher().script(Stage::review, comes_back(reason));
    host.submit("T-1", Stage::review);
    const Task task = host.wait_for("T-1", [&](const Task& now) {
      const auto job = host.reader().live_job(now.id).value();
      return job && job->state == JobState::queued && !job->reason.empty();
    });
    const auto job = host.reader().live_job(task.id).value();
    ASSERT_TRUE(job && job->run_after > wall_now() + k_hour / 2);
  }
  std::size_t reviews() {
    std::size_t count = 0;
    for (const jobs::JobRequest& request : host.launcher().launched())
      count += request.stage == Stage::review ? 1 : 0;
    return count;
  }
  Answer hint(const std::string& forge, const std::string& repository,
              const std::string& branch = "") {
    return host.engine().execute(LookAgain{forge, repository, branch},
                                 {"webhook:" + forge, "webhook"});
  }
  EngineHarness host{of_a_forge};
};

TEST_F(LookingAgain, RunsAPollNowInsteadOfInAnHour) {
  wait_after(ReasonCode::in_progress);
  const Answer answer = hint("gitea", "team/shop");
  EXPECT_EQ(answer.code, "done");
  EXPECT_EQ(answer.text, "1 jobs look again now");
  host.wait_for("T-1", [&](const Task& now) { return now.stage != Stage::review; });
  EXPECT_EQ(reviews(), 2U);
}

TEST_F(LookingAgain, LeavesWhatWaitsAfterAFaultToItsBackoff) {
  wait_after(ReasonCode::network);
  EXPECT_EQ(hint("gitea", "team/shop").text, "0 jobs look again now");
  EXPECT_EQ(reviews(), 1U);
}

TEST_F(LookingAgain, IsAboutTheBranchThatWasNamed) {
  wait_after(ReasonCode::in_progress);
  const std::string branch = host.reader().task("T-1").value()->branch;
  EXPECT_EQ(hint("gitea", "team/shop", "another").text, "0 jobs look again now");
  EXPECT_EQ(hint("gitea", "team/shop", branch).text, "1 jobs look again now");
}

TEST_F(LookingAgain, IgnoresARepositoryOrAForgeThatNobodyConfigured) {
  wait_after(ReasonCode::in_progress);
  EXPECT_EQ(hint("gitea", "team/other").code, "ignored");
  EXPECT_EQ(hint("github", "team/shop").code, "ignored");
  EXPECT_EQ(reviews(), 1U);
}

TEST(CloneUrls, NameARepositoryWhereNoForgeIsConfigured) {
  for (const char* url : {"ssh://git@git.example.lan/team/shop.git",
                          "git@git.example.lan:team/shop", "https://git.example.lan/team/shop"}) {
    EngineHarness host(
        [&](config::Generation& generation) { generation.config.repos["demo"].clone = url; });
    const auto code = [&](const std::string& repository) {
      return host.engine()
          .execute(LookAgain{"gitea", repository, ""}, {"webhook:gitea", "webhook"})
          .code;
    };
    EXPECT_EQ(code("team/shop"), "done") << url;
    EXPECT_EQ(code("eam/shop"), "ignored") << url;
  }
}

}  // namespace
}  // namespace orc::engine::test
