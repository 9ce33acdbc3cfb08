// SPDX-License-Identifier: Apache-2.0
// What a caller may ask beside the command: nothing has changed meanwhile, and once is enough.
#include <gtest/gtest.h>

#include "unit/engine/engine_harness.h"

namespace orc::engine::test {
namespace {

const Actor k_alice{"alice", "cli"};
const Actor k_bob{"bob", "cli"};

TEST(Terms, RefuseACommandAboutATaskThatHasMovedOn) {
  EngineHarness host;
  host.submit("T-1");
  const Task seen = host.wait_for_state("T-1", TaskState::waiting_human);
  const Answer late =
      host.engine().execute(Approve{"T-1", ""}, k_alice, {.expected = seen.rev - 1});
  EXPECT_EQ(late.kind, Answer::Kind::changed);
  EXPECT_EQ(late.code, "changed_meanwhile");
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::waiting_human).rev, seen.rev);
  EXPECT_EQ(host.engine().execute(Approve{"T-1", ""}, k_alice, {.expected = seen.rev}).kind,
            Answer::Kind::done);
}

TEST(Terms, HoldAKillAgainstTheGenerationThatWasSeen) {
  EngineHarness host;
  const std::int64_t seen = host.engine().status()->generation->number;
  const KillPlugin kill{"fake", "flaky", "", std::nullopt};
  EXPECT_EQ(host.engine().execute(kill, k_alice, {.expected = seen + 1}).kind,
            Answer::Kind::changed);
  EXPECT_TRUE(host.reader().kills(wall_now()).value().empty());
  EXPECT_EQ(host.engine().execute(kill, k_alice, {.expected = seen}).kind, Answer::Kind::done);
}

TEST(Terms, CarryARepeatedCommandOutOnceAndAnswerItAlike) {
  EngineHarness host;
  const Submit submit{.title = "once", .repo = "demo"};
  const Terms terms{.idempotency_key = "k1", .fingerprint = "submit once"};
  const Answer first = host.engine().execute(submit, k_alice, terms);
  ASSERT_EQ(first.kind, Answer::Kind::done) << first.text;
  const Answer second = host.engine().execute(submit, k_alice, terms);
  EXPECT_EQ(second.kind, Answer::Kind::done);
  EXPECT_EQ(second.text, first.text);
  ASSERT_TRUE(second.task);
  EXPECT_EQ(second.task->work_item, first.task->work_item);
  EXPECT_EQ(host.reader().tasks({}).value().size(), 1U);
}

TEST(Terms, KeepTheKeysOfTwoCallersApart) {
  EngineHarness host;
  const Submit submit{.title = "twice", .repo = "demo"};
  const Terms terms{.idempotency_key = "k1", .fingerprint = "submit"};
  ASSERT_EQ(host.engine().execute(submit, k_alice, terms).kind, Answer::Kind::done);
  ASSERT_EQ(host.engine().execute(submit, k_bob, terms).kind, Answer::Kind::done);
  EXPECT_EQ(host.reader().tasks({}).value().size(), 2U);
}

TEST(Terms, RefuseAKeyThatComesBackWithAnotherCommand) {
  EngineHarness host;
  ASSERT_EQ(host.engine()
                .execute(Submit{.title = "one", .repo = "demo"}, k_alice,
                         {.idempotency_key = "k1", .fingerprint = "one"})
                .kind,
            Answer::Kind::done);
  const Answer other = host.engine().execute(Submit{.title = "two", .repo = "demo"}, k_alice,
                                             {.idempotency_key = "k1", .fingerprint = "two"});
  EXPECT_EQ(other.code, "key_reused");
  EXPECT_EQ(host.reader().tasks({}).value().size(), 1U);
}

TEST(Terms, LetARefusedCommandBeTriedAgainUnderItsKey) {
  EngineHarness host;
  const Terms terms{.idempotency_key = "k1", .fingerprint = "approve"};
  EXPECT_EQ(host.engine().execute(Approve{"T-1", ""}, k_alice, terms).kind,
            Answer::Kind::not_found);
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(host.engine().execute(Approve{"T-1", ""}, k_alice, terms).kind, Answer::Kind::done);
}

TEST(Tallies, CountWhatBecameDurableByItsLabels) {
  EngineHarness host;
  host.submit("T-1", Stage::testing);
  host.wait_for_state("T-1", TaskState::waiting_human);
  const auto all = host.engine().status()->tallies->all();
  const auto count = [&](Tally tally, std::array<std::string, 4> labels) {
    const auto found = all.find({tally, std::move(labels)});
    return found == all.end() ? 0 : found->second.count;
  };
  EXPECT_EQ(count(Tally::transition, {"testing", "deploy-staging", "gate_passed", ""}), 1);
  EXPECT_EQ(count(Tally::gate, {"check_tests_passed", "pass", "", ""}), 1);
  EXPECT_EQ(count(Tally::decision, {"testing", "fake", "accepted", "in_scope"}), 1);
  EXPECT_EQ(count(Tally::producer_seconds, {"testing", "fake", "", ""}), 1);
  EXPECT_GE(count(Tally::wait_seconds, {}), 2);
}

}  // namespace
}  // namespace orc::engine::test
