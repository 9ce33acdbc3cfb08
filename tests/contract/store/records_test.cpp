// SPDX-License-Identifier: Apache-2.0
#include "contract/store/fixture.h"

namespace orc::store {

class Records : public StoreContract {
 protected:
  Records()
      : host_(recorded_host()), task_(new_task("ORCH-1")), job_(running_job(task_.id, host_)) {}

  HostIdentity host_;
  Task task_;
  Job job_;
};

TEST_F(Records, DecisionsAreReadInTheOrderOfTheWalk) {
  batch([&] {
    return must(store().record_decisions(
        job_.id, {{0, "test-runner", Decision::skipped, "kill-switch", "switched off"}}));
  });
  batch([&] {
    return must(store().record_decisions(
        job_.id, {{2, "llm-spawner", Decision::accepted, "in_scope", "takes everything"},
                  {1, "advisor", Decision::declined, "no_contract", "no test contract"}}));
  });
  const auto rows = must(reader()->decisions(task_.id));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].job, job_.id);
  EXPECT_EQ(rows[0].decision.decision, Decision::skipped);
  EXPECT_EQ(rows[0].decision.reason, "kill-switch");
  EXPECT_EQ(rows[1].decision.producer, "advisor");
  EXPECT_EQ(rows[1].decision.text, "no test contract");
  EXPECT_EQ(rows[2].decision.position, 2);
  EXPECT_TRUE(must(reader()->decisions(TaskId{9})).empty());
}

TEST_F(Records, ADecisionThatIsRecordedAgainIsThereOnce) {
  for (const char* text : {"first", "again"}) {
    batch([&] {
      return must(store().record_decisions(
          job_.id, {{0, "test-runner", Decision::accepted, "in_scope", text}}));
    });
  }
  ASSERT_EQ(must(reader()->decisions(task_.id)).size(), 1U);
  EXPECT_EQ(must(reader()->decisions(task_.id)).front().decision.text, "again");
}

TEST_F(Records, DecisionsNeedTheirJob) {
  must(store().begin());
  EXPECT_EQ(error_of(store().record_decisions(JobId{77}, {{}})).kind, ErrorKind::not_found);
  must(store().commit());
}

TEST_F(Records, ArtifactsKeepWhatTheyWereMadeFromNewestFirst) {
  for (const int attempt : {1, 2}) {
    batch([&] {
      return must(store().record_artifact({.job = job_.id,
                                           .task = task_.id,
                                           .stage = Stage::testing,
                                           .attempt = attempt,
                                           .name = "13-test-report.md",
                                           .sha256 = "aa",
                                           .size = 42,
                                           .commit = "c0ffee",
                                           .content_id = "7ree",
                                           .producer = "test-runner",
                                           .generation = 3,
                                           .path = "evidence/1/1-1/13-test-report.md",
                                           .at = k_now}));
    });
  }
  const auto all = must(reader()->artifacts(task_.id));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].attempt, 2);
  EXPECT_EQ(all[1].attempt, 1);
  EXPECT_EQ(all[0].job, job_.id);
  EXPECT_EQ(all[0].stage, Stage::testing);
  EXPECT_EQ(all[0].name, "13-test-report.md");
  EXPECT_EQ(all[0].sha256, "aa");
  EXPECT_EQ(all[0].size, 42);
  EXPECT_EQ(all[0].commit, "c0ffee");
  EXPECT_EQ(all[0].content_id, "7ree");
  EXPECT_EQ(all[0].producer, "test-runner");
  EXPECT_EQ(all[0].generation, 3);
  EXPECT_EQ(all[0].path, "evidence/1/1-1/13-test-report.md");
  EXPECT_EQ(all[0].at, k_now);
}

TEST_F(Records, AnAgentRunKeepsUnknownApartFromZero) {
  batch([&] {
    return must(store().record_agent_run({.job = job_.id,
                                          .task = task_.id,
                                          .stage = Stage::review,
                                          .role = Role::reviewer,
                                          .program = "agent",
                                          .program_version = "2.1",
                                          .model = "m",
                                          .effort = "high",
                                          .input_tokens = 0,
                                          .cost_usd = 0.25,
                                          .wall_ms = 1500,
                                          .complete = true,
                                          .result = "ok",
                                          .started_at = k_now}));
  });
  const auto runs = must(reader()->agent_runs(task_.id));
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].role, Role::reviewer);
  EXPECT_EQ(runs[0].program_version, "2.1");
  EXPECT_EQ(runs[0].input_tokens, 0);
  EXPECT_FALSE(runs[0].output_tokens);
  EXPECT_FALSE(runs[0].turns);
  EXPECT_EQ(runs[0].cost_usd, 0.25);
  EXPECT_TRUE(runs[0].complete);
  EXPECT_EQ(runs[0].wall_ms, 1500);
}

TEST_F(Records, ApprovalsKeepWhoWhenAndFromWhere) {
  batch([&] {
    return must(store().record_approval({.task = task_.id,
                                         .stage = Stage::analysis,
                                         .approved = true,
                                         .actor = "alice",
                                         .channel = "board",
                                         .reason = "complete",
                                         .content_id = "7ree",
                                         .at = k_now}));
  });
  const auto approvals = must(reader()->approvals(task_.id));
  ASSERT_EQ(approvals.size(), 1U);
  EXPECT_TRUE(approvals[0].approved);
  EXPECT_EQ(approvals[0].actor, "alice");
  EXPECT_EQ(approvals[0].channel, "board");
  EXPECT_EQ(approvals[0].content_id, "7ree");
  EXPECT_EQ(approvals[0].at, k_now);
}

TEST_F(Records, EventsAreNumberedUpwardsAndReadFromAPoint) {
  const auto append = [&](TaskId about, const std::string& kind) {
    return batch([&] {
      return must(store().append_event({.task = about,
                                        .kind = kind,
                                        .actor = "engine",
                                        .text = "text",
                                        .data = R"({"a":1})",
                                        .at = k_now}));
    });
  };
  const EventId first = append(task_.id, "task.submitted");
  const EventId second = append(TaskId{}, "config.generation");
  const EventId third = append(task_.id, "stage.transition");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);

  const auto from = reader();
  const auto all = must(from->events({}, {}, 10));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].task, TaskId{});
  EXPECT_EQ(all[2].kind, "stage.transition");
  EXPECT_EQ(all[2].data, R"({"a":1})");
  EXPECT_EQ(must(from->events(first, {}, 10)).front().id, second);
  EXPECT_EQ(must(from->events({}, {}, 2)).back().id, second);
  const auto of_task = must(from->events(first, task_.id, 10));
  ASSERT_EQ(of_task.size(), 1U);
  EXPECT_EQ(of_task[0].id, third);
  EXPECT_TRUE(must(from->events(third, {}, 10)).empty());
}

TEST_F(Records, APullRequestIsOneATaskWithANumberOfItsOwn) {
  PullRequest request{.task = task_.id,
                      .repo = "demo",
                      .branch = "task/ORCH-1",
                      .base = "main",
                      .title = "Say hello",
                      .head_commit = "aa",
                      .state = "open"};
  const auto put = [&] { return batch([&] { return must(store().put_pull_request(request)); }); };
  put();
  const PullRequest first = must(reader()->pull_request(task_.id)).value();
  EXPECT_GT(first.number, 0);
  request.head_commit = "bb";
  request.ci = "success";
  request.ci_text = "green";
  put();
  const PullRequest second = must(reader()->pull_request(task_.id)).value();
  EXPECT_EQ(second.number, first.number);
  EXPECT_EQ(second.head_commit, "bb");
  EXPECT_EQ(second.ci, "success");
  EXPECT_EQ(second.ci_text, "green");
  EXPECT_FALSE(must(reader()->pull_request(TaskId{9})));
}

TEST_F(Records, AnAlertIsRaisedOncePerIncident) {
  const auto raise = [&](TaskId about) {
    return batch([&] { return must(store().raise_alert(about, "held", "text", k_now)); });
  };
  const auto clear = [&](TaskId about) {
    return batch([&] { return must(store().clear_alerts(about, k_now)); });
  };
  EXPECT_TRUE(raise(task_.id));
  EXPECT_FALSE(raise(task_.id));
  EXPECT_TRUE(raise(TaskId{}));
  ASSERT_EQ(must(reader()->open_alerts()).size(), 2U);
  EXPECT_EQ(must(reader()->open_alerts()).front().condition, "held");
  clear(task_.id);
  ASSERT_EQ(must(reader()->open_alerts()).size(), 1U);
  EXPECT_EQ(must(reader()->open_alerts()).front().task, TaskId{});
  EXPECT_TRUE(raise(task_.id));
}

TEST_F(Records, OneConditionOfManyIsClearedAlone) {
  const auto raise = [&](const std::string& condition) {
    return batch([&] { return must(store().raise_alert(TaskId{}, condition, "text", k_now)); });
  };
  raise("preflight:a");
  raise("preflight:ab");
  batch([&] { return must(store().clear_alert(TaskId{}, "preflight:a", k_now)); });
  const auto open = must(reader()->open_alerts());
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open.front().condition, "preflight:ab");
  EXPECT_TRUE(raise("preflight:a"));
}

TEST_F(Records, AKillEndsAtItsTimeOrWhenItIsTakenBack) {
  const auto put = [&](const PluginKill& kill) {
    return batch([&] { return must(store().put_kill(kill)); });
  };
  put({"llm-spawner", "", "alice", "costs", k_now, std::nullopt});
  put({"test-runner", "", "bob", "flaky", k_now, k_now + Millis{100}});
  EXPECT_EQ(must(reader()->kills(k_now)).size(), 2U);
  EXPECT_EQ(must(reader()->kills(k_now + Millis{99})).size(), 2U);
  const auto later = must(reader()->kills(k_now + Millis{100}));
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0].plugin, "llm-spawner");
  EXPECT_EQ(later[0].actor, "alice");
  EXPECT_EQ(later[0].reason, "costs");
  EXPECT_FALSE(later[0].until);

  put({"llm-spawner", "", "carol", "again", k_now, k_now + Millis{5}});
  EXPECT_TRUE(must(reader()->kills(k_now + Millis{100})).empty());
  const auto remove = [&] {
    return batch([&] { return must(store().remove_kill("llm-spawner", std::nullopt)); });
  };
  EXPECT_EQ(remove(), Write::written);
  EXPECT_EQ(remove(), Write::lost);
  EXPECT_EQ(must(reader()->kills(k_now)).size(), 1U);
}

TEST_F(Records, AKillOfOneRepositoryStandsBesideThatOfAllAndIsTakenBackAlone) {
  const auto put = [&](const PluginKill& kill) {
    return batch([&] { return must(store().put_kill(kill)); });
  };
  const auto remove = [&](const std::optional<std::string>& repo) {
    return batch([&] { return must(store().remove_kill("test-runner", repo)); });
  };
  put({"test-runner", "", "alice", "flaky", k_now, std::nullopt});
  put({"test-runner", "web", "bob", "slow", k_now, std::nullopt});
  put({"test-runner", "web", "carol", "slower", k_now, std::nullopt});
  const auto kills = must(reader()->kills(k_now));
  ASSERT_EQ(kills.size(), 2U);
  EXPECT_EQ(kills[0].repo, "");
  EXPECT_EQ(kills[1].repo, "web");
  EXPECT_EQ(kills[1].actor, "carol");
  EXPECT_EQ(remove("shop"), Write::lost);
  EXPECT_EQ(remove("web"), Write::written);
  EXPECT_EQ(must(reader()->kills(k_now)).size(), 1U);
  put({"test-runner", "web", "bob", "slow", k_now, std::nullopt});
  EXPECT_EQ(remove(std::nullopt), Write::written);
  EXPECT_TRUE(must(reader()->kills(k_now)).empty());
}

TEST_F(Records, AnOutboxItemIsSentOnceForItsKey) {
  const auto add = [&](const std::string& key, WallTime due) {
    return batch([&] {
      return must(store().add_outbox(
          {.channel = "notifier.log", .key = key, .body = R"({"n":1})", .due = due}));
    });
  };
  add("a", k_now);
  add("a", k_now);
  add("b", k_now + Millis{50});
  auto due = must(store().due_outbox(k_now, 10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].channel, "notifier.log");
  EXPECT_EQ(due[0].key, "a");
  EXPECT_EQ(due[0].body, R"({"n":1})");
  EXPECT_EQ(due[0].attempts, 0);

  const std::int64_t id = due[0].id;
  batch([&] { return must(store().retry_outbox(id, k_now + Millis{10}, "refused")); });
  EXPECT_TRUE(must(store().due_outbox(k_now, 10)).empty());
  due = must(store().due_outbox(k_now + Millis{50}, 10));
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].attempts, 1);
  EXPECT_EQ(must(store().due_outbox(k_now + Millis{50}, 1)).size(), 1U);

  batch([&] { return must(store().finish_outbox(id, k_now)); });
  add("a", k_now);
  batch([&] { return must(store().retry_outbox(id, k_now, "too late")); });
  due = must(store().due_outbox(k_now + Millis{50}, 10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].key, "b");
}

TEST_F(Records, ADeliveryIsForgottenAfterNinetyDays) {
  constexpr Millis k_day{86'400'000};
  const auto put = [&](const std::string& key, WallTime at) {
    return batch([&] { return must(store().put_delivery("webhook", key, "taken", at)); });
  };
  put("old", k_now);
  put("young", k_now + 2 * k_day);
  put("now", k_now + 91 * k_day);
  EXPECT_FALSE(must(reader()->delivery("webhook", "old")));
  EXPECT_TRUE(must(reader()->delivery("webhook", "young")));
}

TEST_F(Records, ARepeatedDeliveryIsToldWhatWasToldBefore) {
  const auto put = [&](const std::string& source, const std::string& answer) {
    return batch([&] { return must(store().put_delivery(source, "k1", answer, k_now)); });
  };
  EXPECT_FALSE(must(reader()->delivery("http", "k1")));
  put("http", "first");
  put("http", "second");
  put("gitea", "other");
  EXPECT_EQ(must(reader()->delivery("http", "k1")), "first");
  EXPECT_EQ(must(reader()->delivery("gitea", "k1")), "other");
}

TEST_F(Records, AHostMayBeRecordedTwice) {
  EXPECT_TRUE(batch([&] { return store().record_host(host_, "1.0", k_now); }).ok());
}

TEST_F(Records, AShadowRunIsOpenUntilItEndsAndThenCountedBesideWhatDecided) {
  const NewShadow shadow{.job = job_.id,
                         .task = task_.id,
                         .stage = Stage::testing,
                         .producer = "test-runner",
                         .decider = "llm-spawner",
                         .decided = "PASS",
                         .commit = "c1"};
  for (int i = 0; i < 2; ++i) batch([&] { return must(store().queue_shadow(shadow, k_now)); });
  auto open = must(reader()->open_shadows(10));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].what.commit, "c1");
  EXPECT_EQ(open[0].run_id, "");
  batch([&] { return must(store().start_shadow(open[0].id, "run", k_now)); });
  EXPECT_EQ(must(reader()->open_shadows(10)).at(0).run_id, "run");
  EXPECT_TRUE(must(reader()->shadow_tallies()).empty());

  for (const char* const verdict : {"FAIL", "PASS"})  // the first end stays
    batch([&] {
      return must(store().finish_shadow(open[0].id, {.outcome = "verdict",
                                                     .reason = "",
                                                     .verdict = verdict,
                                                     .text = "2 failed",
                                                     .artifact = "evidence/x",
                                                     .at = k_now + Millis{1500}}));
    });
  EXPECT_TRUE(must(reader()->open_shadows(10)).empty());
  const auto tallies = must(reader()->shadow_tallies());
  ASSERT_EQ(tallies.size(), 1U);
  EXPECT_EQ(tallies[0].verdict, "FAIL");
  EXPECT_EQ(tallies[0].count, 1);
  EXPECT_EQ(tallies[0].shadow_ms, 1500);
  EXPECT_EQ(tallies[0].costs_known, 0);
  const auto disagreements = must(reader()->shadow_disagreements(10));
  ASSERT_EQ(disagreements.size(), 1U);
  EXPECT_EQ(disagreements[0].work_item, "ORCH-1");
  EXPECT_EQ(disagreements[0].artifact, "evidence/x");
}

}  // namespace orc::store
