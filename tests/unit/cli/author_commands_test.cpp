// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/text_views.h"
#include "unit/cli/fake_host.h"

namespace orc::test {
namespace {

using Json = cli::Json;

TEST(AuthorCommands, HandOverWhatWasAskedAndReturnTheAnswersCode) {
  FakeEntry entry;
  EXPECT_EQ(run({"plugin", "new", "lint-gate", "--stage", "review", "--dir", "/tmp/x"}, entry).exit,
            0);
  EXPECT_EQ(entry.new_plugin->name, "lint-gate");
  EXPECT_EQ(entry.new_plugin->stage, "review");
  EXPECT_EQ(entry.new_plugin->dir, "/tmp/x");
  EXPECT_EQ(run({"plugin", "check", "a.so", "--fixture", "f.yaml", "-o", "jsonl"}, entry).exit, 1);
  EXPECT_EQ(entry.plugin_checked->file, "a.so");
  EXPECT_EQ(entry.plugin_checked->fixture, "f.yaml");
  EXPECT_EQ(entry.plugin_checked->output, cli::OutputFormat::jsonl);
  EXPECT_EQ(run({"plugin", "run", "a.so", "--fixture", "f.yaml", "--worktree", ".", "--timeout",
                 "5m", "--log"},
                entry)
                .exit,
            75);
  EXPECT_EQ(entry.plugin_ran->worktree, ".");
  EXPECT_EQ(entry.plugin_ran->timeout, "5m");
  EXPECT_TRUE(entry.plugin_ran->log);
  EXPECT_EQ(run({"artifact", "check", "12-review.md", "--stage", "review"}, entry).exit, 1);
  EXPECT_EQ(entry.artifact_checked->stage, "review");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"plugin", "new", "x"},
                                                {"plugin", "run", "a.so"},
                                                {"plugin", "check"},
                                                {"artifact", "check"},
                                                {"artifact"}}) {
    EXPECT_EQ(run(wrong, entry).exit, 64);
  }
}

TEST(AuthorCommands, OfferYamlWhereAConfigurationIsShownAndNowhereElse) {
  FakeEntry entry;
  EXPECT_EQ(run({"-T", "-o", "yaml", "--sources"}, entry).exit, 0);
  EXPECT_EQ(entry.shown_config->output, cli::OutputFormat::yaml);
  EXPECT_EQ(run({"config", "check", "-o", "yaml"}, entry).exit, 64);
  EXPECT_EQ(run({"-t", "--offline", "--strict"}, entry).exit, 78);
  EXPECT_TRUE(entry.checked->offline);
  EXPECT_TRUE(entry.checked->strict);
  EXPECT_EQ(run({"serve", "--dev"}, entry).exit, 0);
  EXPECT_TRUE(entry.served->dev);
}

TEST(AuthorCommands, ShowTheRunningConfigurationAsAFile) {
  FakeHost host;
  host.on("GET /api/v1/config",
          {{200, R"({"values":[{"key":"daemon.workers","value":"2","source":"default"}]})"}});
  EXPECT_EQ(run_against(host, {"config", "show", "--running", "-o", "yaml"}).out,
            "daemon:\n  workers: 2\n");
}

TEST(AuthorCommands, SayTheNewChainBehindTheGeneration) {
  FakeHost host;
  host.on("POST /-/reload",
          {{200, R"({"result":"applied","generation":6,"changes":[{"key":"stages.review.producers",
                   "before":"[\"llm-spawner\"]","after":"[\"lint-gate\",\"llm-spawner\"]"}]})"}});
  FakeEntry entry;
  const Ran ran = run(
      {"plugin", "enable", "lint-gate", "--stage", "review", "--reload", "--socket", host.socket()},
      entry);
  EXPECT_EQ(ran.out.substr(0, ran.out.find('\n')),
            "generation 6 in force; review: lint-gate -> llm-spawner");
}

TEST(AuthorViews, PrintAJobAsItsAuthorReadsIt) {
  const Json answer = Json::parse(R"({
    "decision": {"decision": "accepted", "reason": "in_scope", "text": ""},
    "outcome": {"outcome": "suite_ran", "reason": "", "text": "2 findings", "duration_seconds": 2.06},
    "artifacts": [{"name": "12-review.md", "frontmatter": {"verdict": "REQUEST_CHANGES"}, "unreadable": ""}],
    "gate": {"name": "check_review_verdict", "result": "fail", "text": "verdict: REQUEST_CHANGES"},
    "transition": {"from": "review", "to": "development", "text": ""},
    "expected": {"met": false, "misses": ["gate: wanted pass, found fail"]}})");
  EXPECT_EQ(cli::plugin_run_text(answer),
            "decision   accepted (in_scope)\n"
            "outcome    suite_ran   2 findings   2.1 s\n"
            "artifact   12-review.md\n"
            "           ---\n"
            "           verdict: REQUEST_CHANGES\n"
            "           ---\n"
            "gate       check_review_verdict -> fail   transition would be: review -> development\n"
            "expected   gate: wanted pass, found fail\n");
}

TEST(AuthorViews, PrintWithoutAnythingThatIsMissing) {
  EXPECT_EQ(cli::plugin_check_text(Json::object()), "");
  EXPECT_NO_THROW(cli::plugin_run_text(Json::object()));
  EXPECT_NO_THROW(cli::artifact_check_text(Json::object()));
}

}  // namespace
}  // namespace orc::test
