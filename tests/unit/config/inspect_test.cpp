// SPDX-License-Identifier: Apache-2.0
// The option table and a configuration, as people and editors see them.
#include "config/inspect.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "config/settings_schema.h"
#include "config/yaml_reader.h"
#include "support/paths.h"
#include "unit/config/files.h"

namespace orc::config::test {

namespace {

const std::string k_file =
    "version: 1\n"
    "daemon: { workers: 3 }\n"
    "repos: { web: { self_hosting: true } }\n"
    "plugins:\n"
    "  llm-spawner: { repos: \"*\" }\n";

nlohmann::json as_json(const std::string& text) {
  Findings findings;
  const auto root = read_yaml(text, findings.add_source(SourceKind::file, "f"), findings);
  return root ? to_json(*root) : nlohmann::json();
}

std::vector<Violation> violations(const std::string& text) {
  const auto found = find_violations(nlohmann::json::parse(options_schema()), as_json(text));
  EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message);
  return found.ok() ? found.value() : std::vector<Violation>{};
}

}  // namespace

TEST(ConfigSchema, AcceptsTheShippedFile) {
  const auto text = read_file(
      std::filesystem::path(orc::test::source_dir()) / "config/orchestrator.yaml", 1 << 20);
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(violations(text.value()).empty());
}

TEST(ConfigSchema, RefusesWhatTheDecoderRefuses) {
  EXPECT_FALSE(violations("version: 1\ndaemon: { wrkers: 2 }\n").empty());
  EXPECT_FALSE(violations("version: 1\ndaemon: { workers: two }\n").empty());
  EXPECT_FALSE(violations("version: 1\ndaemon: { kill_grace: 10 }\n").empty());
  EXPECT_FALSE(violations("version: 1\nstages: { cooking: { producers: [] } }\n").empty());
  EXPECT_FALSE(violations("daemon: { workers: 2 }\n").empty());
  EXPECT_TRUE(violations("version: 1\nstages: { development: { max_rollbacks: 1 } }\n").empty());
}

TEST(FirstConfiguration, IsAcceptedAndSaysWhatWasAnswered) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(first_configuration(
      {.repo = "shop", .clone = "/srv/shop.git", .state_dir = "/srv/state", .workers = "4"}));
  ASSERT_TRUE(loaded.config) << folder.texts(loaded.findings)[0];
  EXPECT_EQ(loaded.config->workers, 4);
  EXPECT_EQ(loaded.config->state_dir, "/srv/state");
  EXPECT_TRUE(loaded.config->repos.at("shop").self_hosting);
  EXPECT_EQ(loaded.config->repos.at("shop").clone, "/srv/shop.git");
  EXPECT_EQ(loaded.config->stages.at(Stage::testing).producers,
            (std::vector<std::string>{"test-runner", "llm-spawner"}));
}

TEST(Variables, AreListedWithTheirKeyAndWhetherTheyAreSet) {
  ConfigFolder folder;
  folder.environment["ORCH_WORKERS"] = "5";
  folder.write("orchestrator.yaml", k_file);
  bool saw_workers = false;
  bool saw_plugin = false;
  for (const VariableRow& row : describe_variables(folder.sources())) {
    if (row.name == "ORCH_WORKERS") {
      saw_workers = true;
      EXPECT_EQ(row.key, "daemon.workers");
      EXPECT_EQ(row.value, "5");
      EXPECT_TRUE(row.is_set);
    }
    if (row.name == "ORCH_LLM_SPAWNER_ENABLED") {
      saw_plugin = true;
      EXPECT_FALSE(row.is_set);
    }
    EXPECT_NE(row.name, "ORCH_TEST_RUNNER_ENABLED") << "the file names no such plugin";
  }
  EXPECT_TRUE(saw_workers);
  EXPECT_TRUE(saw_plugin);
}

TEST(VariableFile, GivesTheValueOfItsVariable) {
  ConfigFolder folder;
  folder.write("workers", "7\n");
  folder.environment["ORCH_WORKERS__FILE"] = (folder.path() / "workers").string();
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->workers, 7);
  EXPECT_EQ(loaded.sources.at("daemon.workers"), "env ORCH_WORKERS__FILE");
}

TEST(VariableFile, IsRefusedWhereItCannotBeReadOrTheVariableIsSetAsWell) {
  ConfigFolder folder;
  folder.environment["ORCH_WORKERS__FILE"] = "/nowhere/at/all";
  EXPECT_FALSE(folder.load(k_file).config);
  folder.write("workers", "7\n");
  folder.environment["ORCH_WORKERS__FILE"] = (folder.path() / "workers").string();
  folder.environment["ORCH_WORKERS"] = "6";
  EXPECT_FALSE(folder.load(k_file).config);
}

TEST(Masked, NamesWhatTheFileSaysAndWhoWins) {
  ConfigFolder folder;
  folder.environment["ORCH_WORKERS"] = "5";
  folder.environment["ORCH_KILL_GRACE"] = "3s";  // the file says nothing about it
  const Loaded loaded = folder.load(k_file);
  ASSERT_EQ(loaded.masked.size(), 1U);
  EXPECT_EQ(loaded.masked[0].key, "daemon.workers");
  EXPECT_EQ(loaded.masked[0].file_value, "3");
  EXPECT_EQ(loaded.masked[0].value, "5");
  EXPECT_EQ(loaded.masked[0].source, "env ORCH_WORKERS");
  folder.environment["ORCH_WORKERS"] = "3";
  EXPECT_TRUE(folder.load(k_file).masked.empty()) << "both say the same";
}

}  // namespace orc::config::test
