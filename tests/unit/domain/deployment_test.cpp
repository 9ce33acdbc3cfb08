// SPDX-License-Identifier: Apache-2.0
#include "domain/deployment.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

using State = DeploymentState;

std::optional<State> after(State before, const JobOutcome& outcome, bool may_have_acted = false,
                           std::optional<State> judged = std::nullopt) {
  return deployment_after(before, outcome, may_have_acted, judged);
}

TEST(DeploymentRecord, EndsAsTheGateReadTheVerdict) {
  EXPECT_EQ(after(State::running, Verdict{}, false, State::succeeded), State::succeeded);
  EXPECT_EQ(after(State::intended, Verdict{}, true, State::failed), State::failed);
  EXPECT_EQ(after(State::running, Verdict{}), State::unknown) << "nobody could read it";
}

TEST(DeploymentRecord, RunsOnceTheProducerSaidSo) {
  EXPECT_EQ(after(State::intended, Deferred{.resume_token = "d-1"}, true), State::running);
  EXPECT_EQ(after(State::intended, Deferred{.reason = ReasonCode::network}), std::nullopt)
      << "did not run, may run later";
  EXPECT_EQ(after(State::intended, Deferred{}, true), State::unknown);
}

TEST(DeploymentRecord, IsNotRunOnlyWhereItIsCertainThatNothingWasTouched) {
  EXPECT_EQ(after(State::intended, Held{}), State::not_run);
  EXPECT_EQ(after(State::intended, NobodyAccepted{}), State::not_run);
  EXPECT_EQ(after(State::intended, Held{}, true), State::unknown);
  EXPECT_EQ(after(State::running, Held{}), State::unknown);
  EXPECT_EQ(after(State::running, NobodyAccepted{}), State::unknown);
}

TEST(DeploymentRecord, IsUnknownWhereWhoeverWasAtWorkIsLost) {
  EXPECT_EQ(after(State::intended, FailedRun{}), State::unknown);
  EXPECT_EQ(after(State::running, WorkerFault{}), State::unknown);
  EXPECT_EQ(after(State::intended, WorkerFault{}, true), State::unknown);
  EXPECT_EQ(after(State::intended, WorkerFault{}), std::nullopt) << "it runs again";
  EXPECT_EQ(after(State::intended, FaultWhileDeciding{}), std::nullopt);
}

TEST(DeploymentRecord, ReadsItsWordsBack) {
  for (const State state : k_deployment_states)
    EXPECT_EQ(parse_deployment_state(to_string(state)), state);
  EXPECT_EQ(parse_deployment_state("done"), std::nullopt);
}

}  // namespace
}  // namespace orc
