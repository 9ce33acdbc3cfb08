// SPDX-License-Identifier: Apache-2.0
// Which source wins, and how a value says where it came from.
#include <gtest/gtest.h>

#include "unit/config/files.h"

namespace orc::config::test {

namespace {

const std::string k_file =
    "version: 1\n"
    "daemon: { workers: 3 }\n"
    "repos: { web: { self_hosting: true } }\n"
    "plugins:\n"
    "  llm-spawner: { repos: \"*\" }\n"
    "  test-runner: { enabled: true, settings: { min_tests: 2, smoke: { paths: [/health] } } }\n";

std::string first_finding(const ConfigFolder& folder, const Loaded& loaded) {
  const auto texts = folder.texts(loaded.findings);
  return texts.empty() ? "" : texts[0];
}

}  // namespace

TEST(Layers, DropInsWinInLexicalOrderByKeyAndListsReplace) {
  const ConfigFolder folder;
  folder.write("conf.d/20-b.yaml",
               "daemon: { workers: 5 }\nstages: { review: { producers: [llm-spawner] } }\n");
  folder.write("conf.d/10-a.yaml",
               "daemon: { workers: 4, kill_grace: 1s }\n"
               "stages: { review: { producers: [test-runner, llm-spawner] } }\n"
               "plugins: { test-runner: { settings: { smoke: { paths: [/queue] } } } }\n");
  folder.write("conf.d/30-ignored.yml", "daemon: { workers: 9 }\n");
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->workers, 5);
  EXPECT_EQ(loaded.config->kill_grace, Millis{1000});
  EXPECT_EQ(loaded.config->stages.at(Stage::review).producers,
            std::vector<std::string>{"llm-spawner"});
  EXPECT_EQ(loaded.config->plugins.at("test-runner").settings,
            R"({"min_tests":2,"smoke":{"paths":["/queue"]}})");
  EXPECT_EQ(loaded.sources.at("daemon.workers"),
            (folder.path() / "conf.d/20-b.yaml").string() + ":1");
  EXPECT_EQ(loaded.sources.at("daemon.kill_grace"),
            (folder.path() / "conf.d/10-a.yaml").string() + ":1");
}

TEST(Layers, AnEmptySectionTakesNothingAway) {
  const ConfigFolder folder;
  folder.write("conf.d/10.yaml", "daemon:\n");
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->workers, 3);
}

TEST(Layers, AFaultInADropInIsReportedThere) {
  const ConfigFolder folder;
  folder.write("conf.d/10.yaml", "\ndaemon: { workers: none }\n");
  EXPECT_EQ(first_finding(folder, folder.load(k_file)),
            "F/conf.d/10.yaml:2:20: daemon.workers: found the text \"none\", wanted a whole "
            "number, 1 to 256");
}

TEST(Layers, EnvironmentWinsOverFilesAndSetOverEnvironment) {
  ConfigFolder folder;
  folder.environment = {{"ORCH_WORKERS", "7"}, {"ORCH_KILL_GRACE", "3s"}};
  folder.set = {"daemon.workers=8"};
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->workers, 8);
  EXPECT_EQ(loaded.config->kill_grace, Millis{3000});
  EXPECT_EQ(loaded.sources.at("daemon.workers"), "--set");
  EXPECT_EQ(loaded.sources.at("daemon.kill_grace"), "env ORCH_KILL_GRACE");
  EXPECT_EQ(loaded.sources.at("daemon.drain_timeout"), "default");
}

TEST(Layers, PluginsGetTheirVariablesFromTheirNames) {
  ConfigFolder folder;
  folder.environment = {{"ORCH_TEST_RUNNER_ENABLED", "Off"},  {"ORCH_TEST_RUNNER_REPOS", "web"},
                        {"ORCH_TEST_RUNNER_TIMEOUT_S", "90"}, {"ORCH_REAPER_MAX_RUNNING_S", "3600"},
                        {"ORCH_DB_PATH", "/tmp/x.db"},        {"ORCH_CONFIG", "/etc/x.yaml"}};
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config) << first_finding(folder, loaded);
  EXPECT_TRUE(loaded.findings.empty());
  const Plugin& runner = loaded.config->plugins.at("test-runner");
  EXPECT_FALSE(runner.enabled);
  EXPECT_EQ(runner.repos.to_string(), "web");
  EXPECT_EQ(runner.timeout, Millis{90'000});
  EXPECT_EQ(loaded.config->max_running, Millis{3'600'000});
  EXPECT_EQ(loaded.config->database, "/tmp/x.db");
}

TEST(Layers, AnEmptyScopeVariableMeansTheSelfHostingRepository) {
  ConfigFolder folder;
  folder.environment = {{"ORCH_LLM_SPAWNER_REPOS", ""}};
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.config->plugins.at("llm-spawner").repos.repos.empty());
}

TEST(Layers, EveryUsualBooleanWordIsReadFromTheEnvironment) {
  for (const auto& [word, enabled] : std::map<std::string, bool>{{"true", true},
                                                                 {"1", true},
                                                                 {"YES", true},
                                                                 {"on", true},
                                                                 {"False", false},
                                                                 {"0", false},
                                                                 {"no", false},
                                                                 {"OFF", false}}) {
    ConfigFolder folder;
    folder.environment = {{"ORCH_TEST_RUNNER_ENABLED", word}};
    const Loaded loaded = folder.load(k_file);
    ASSERT_TRUE(loaded.config) << word;
    EXPECT_EQ(loaded.config->plugins.at("test-runner").enabled, enabled) << word;
  }
}

TEST(Layers, AMistypedSwitchValueIsRefusedAndNeverReadAsOn) {
  for (const std::string word : {"flase", "", "2", "disabled"}) {
    ConfigFolder folder;
    folder.environment = {{"ORCH_TEST_RUNNER_ENABLED", word}};
    const Loaded loaded = folder.load(k_file);
    EXPECT_FALSE(loaded.config) << word;
    EXPECT_EQ(first_finding(folder, loaded),
              "ORCH_TEST_RUNNER_ENABLED: plugins.test-runner.enabled: found the text \"" + word +
                  "\", wanted true or false");
  }
}

TEST(Layers, AVariableThatNoOptionHasIsAWarningWithASuggestion) {
  ConfigFolder folder;
  folder.environment = {{"ORCH_TEST_RUNER_ENABLED", "false"}};
  const Loaded loaded = folder.load(k_file);
  EXPECT_TRUE(loaded.config);
  EXPECT_EQ(first_finding(folder, loaded),
            "ORCH_TEST_RUNER_ENABLED: warning: no option has this variable, did you mean "
            "ORCH_TEST_RUNNER_ENABLED?");
}

TEST(Layers, PluginsThatWouldShareAVariableAreRefused) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "plugins: { llm-spawner: {}, llm-spawner/b: {}, llm-spawner-b: {} }\n");
  EXPECT_FALSE(loaded.config);
  const auto texts = folder.texts(loaded.findings);
  EXPECT_EQ(texts.back(),
            "F/orchestrator.yaml:2:63: plugins.llm-spawner-b: shares the variable "
            "ORCH_LLM_SPAWNER_B_ENABLED with plugins.llm-spawner/b\n  rename one of the two");
}

TEST(Layers, SetTakesYamlValuesAndNestedSettings) {
  ConfigFolder folder;
  folder.set = {"stages.review.producers=[test-runner, llm-spawner]",
                "plugins.test-runner.settings.smoke.paths=[/a, /b]", "plugins.llm-spawner.repos="};
  const Loaded loaded = folder.load(k_file);
  ASSERT_TRUE(loaded.config) << first_finding(folder, loaded);
  EXPECT_EQ(loaded.config->stages.at(Stage::review).producers.size(), 2U);
  EXPECT_EQ(loaded.values.at("plugins.test-runner.settings.smoke.paths"), R"(["/a","/b"])");
  EXPECT_TRUE(loaded.config->plugins.at("llm-spawner").repos.repos.empty());
}

TEST(Layers, SetRefusesWhatItCannotMean) {
  const std::map<std::string, std::string> refused{
      {"daemon.workers", "--set: found \"daemon.workers\", wanted KEY=VALUE"},
      {"daemon.wrkers=2", "--set: daemon.wrkers: unknown key, did you mean \"workers\"?"},
      {"plugins.test-runer.enabled=false",
       "--set: plugins.test-runer: the files configure nothing of this name, did you mean "
       "\"test-runner\"?"}};
  for (const auto& [setting, text] : refused) {
    ConfigFolder folder;
    folder.set = {setting};
    const Loaded loaded = folder.load(k_file);
    EXPECT_FALSE(loaded.config) << setting;
    EXPECT_EQ(first_finding(folder, loaded), text);
  }
}

TEST(Layers, RelativePathsAreBelowTheFilesFolder) {
  ConfigFolder folder;
  folder.set = {"daemon.state_dir=state"};
  folder.environment = {{"ORCH_CONTROL_SOCKET", "run/../c.sock"}};
  const Loaded loaded = folder.load(k_file + "plugin_dirs: [plugins, /opt/p]\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->state_dir, folder.path() / "state");
  EXPECT_EQ(loaded.config->database, folder.path() / "state/orchestrator.db");
  EXPECT_EQ(loaded.config->control_socket, folder.path() / "c.sock");
  const std::vector<std::filesystem::path> dirs{folder.path() / "plugins", "/opt/p"};
  EXPECT_EQ(loaded.config->plugin_dirs, dirs);
}

TEST(Layers, OrchEnvironmentHoldsOnlyTheProgramsOwnVariables) {
  ASSERT_EQ(setenv("ORCH_TEST_OF_LAYERS", "x=y", 1), 0);
  const auto found = orch_environment();
  unsetenv("ORCH_TEST_OF_LAYERS");
  EXPECT_EQ(found.at("ORCH_TEST_OF_LAYERS"), "x=y");
  EXPECT_FALSE(found.contains("PATH"));
}

}  // namespace orc::config::test
