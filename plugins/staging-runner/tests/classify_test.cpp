// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <gtest/gtest.h>

namespace staging_runner {
namespace {

using namespace orchestrator::plugin;

constexpr const char* k_commit = "0123456789abcdef0123456789abcdef01234567";

Marks started() {
  Marks marks;
  marks.started = true;
  return marks;
}

TEST(ClassifyRemote, NeverDecidesWithoutBothMarks) {
  const Settings settings;
  for (int code = 0; code < 256; ++code) {
    for (const Marks& marks : {Marks{}, started()})
      EXPECT_FALSE(
          row_of(classify_remote(settings, Exited{code}, marks, "", k_commit).cause).verdict)
          << code;
  }
}

TEST(ClassifyRemote, HasAWrittenClassForEveryCodeOfASuite) {
  const Settings settings;
  for (int code = 0; code < 256; ++code) {
    Marks marks = started();
    marks.exit_code = code;
    const Cause expected = code == 0                       ? Cause::suite_green
                           : code == 1                     ? Cause::suite_red
                           : code == 126 || code == 127    ? Cause::command_missing
                           : code > 128 && code < 128 + 32 ? Cause::far_side_killed
                                                           : Cause::unknown;
    EXPECT_EQ(classify_remote(settings, Exited{0}, marks, "", k_commit).cause, expected) << code;
    const Cause here = classify_local(settings, Exited{code}).cause;
    EXPECT_EQ(here, expected) << code;
  }
}

TEST(ClassifyLocal, TakesTheConfiguredCodesFirst) {
  Settings settings;
  settings.success_codes = {0, 3};
  settings.failed_codes = {1, 127};
  EXPECT_EQ(classify_local(settings, Exited{3}).cause, Cause::suite_green);
  EXPECT_EQ(classify_local(settings, Exited{127}).cause, Cause::suite_red);
  EXPECT_EQ(classify_local(settings, Exited{126}).cause, Cause::command_missing);
}

TEST(OutcomeOf, DefersWhatPassesAndHoldsTheRest) {
  for (int i = 0; i <= static_cast<int>(Cause::unknown); ++i) {
    const CauseRow& row = row_of(static_cast<Cause>(i));
    if (row.verdict) continue;
    const Outcome outcome = outcome_of({row.cause, "text", {}});
    const bool passes = static_cast<int>(row.why) >= ORCH_WHY_TIMEOUT &&
                        static_cast<int>(row.why) <= ORCH_WHY_IN_PROGRESS;
    EXPECT_EQ(std::holds_alternative<Defer>(outcome), passes) << row.name;
    EXPECT_EQ(std::holds_alternative<Hold>(outcome), !passes) << row.name;
  }
}

TEST(ClassifyCheck, PassesOnlyWhenTheTargetSaysThatEverythingIsThere) {
  const Settings settings;
  Marks ready;
  ready.ready = true;
  EXPECT_FALSE(classify_check(settings, Exited{0}, ready, "").has_value());
  EXPECT_EQ(classify_check(settings, Exited{0}, Marks{}, "")->cause, Cause::unknown);
  Marks missing;
  missing.trouble = "missing docker";
  EXPECT_EQ(classify_check(settings, Exited{0}, missing, "")->cause, Cause::command_missing);
  EXPECT_EQ(classify_check(settings, TimedOut{}, Marks{}, "")->cause, Cause::timed_out);
}

TEST(Doubt, IsLiftedOnlyByTheTasksOwnCommit) {
  const auto cause = [](int code, const char* text) -> std::optional<Cause> {
    const auto doubted = doubt(Revision{code, text}, k_commit, "after");
    return doubted ? std::optional(doubted->cause) : std::nullopt;
  };
  EXPECT_EQ(cause(0, k_commit), std::nullopt);
  EXPECT_EQ(cause(0, "0123456"), std::nullopt);
  EXPECT_EQ(cause(0, "0123457"), Cause::revision_differs);
  EXPECT_EQ(cause(0, "0123456789abcdef0123456789abcdef012345678"), Cause::revision_differs);
  EXPECT_EQ(cause(0, "012345"), Cause::revision_unreadable);
  EXPECT_EQ(cause(0, ""), Cause::revision_unreadable);
  EXPECT_EQ(cause(0, "0123456-dirty"), Cause::revision_unreadable);
  EXPECT_EQ(cause(128, k_commit), Cause::revision_unreadable);
  EXPECT_EQ(doubt(std::nullopt, k_commit, "after")->cause, Cause::revision_unreadable);
}

}  // namespace
}  // namespace staging_runner
