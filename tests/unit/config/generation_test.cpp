// SPDX-License-Identifier: Apache-2.0
// Generations, with a small script in the worker's place: it answers by the first word of the
// library.
#include "config/generation.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "unit/config/files.h"

namespace orc::config::test {

namespace {

namespace fs = std::filesystem;

// Logs each call, so that a test can count what a remembered answer saved.
constexpr const char* k_worker = R"(#!/bin/sh
here=$(dirname "$0")
copy=$2
settings=none
[ "$3" = --settings ] && settings=$(cat)
echo "$copy $settings" >>"$here/calls"
read -r word stage key <"$copy"
case $word in
  refuse) echo '{"refused":"needs plugin ABI 2.0, this host speaks 1.0"}'; exit 1 ;;
  crash) kill -SEGV $$ ;;
  fail) echo "first"; echo "cannot open shared object" >&2; exit 127 ;;
  garbage) echo "hello"; exit 0 ;;
esac
ok=true
case $settings in *forbidden*) ok=false ;; esac
cat <<JSON
{"id":"$word","name":"$word","version":"1.2.0","abi":"1.0","license":"Apache-2.0","description":"A $word.",
 "capabilities":["llm"],"stages":[{"stage":"$stage","verdict_key":"$key"}],"default_timeout_ms":600000,
 "settings_schema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,
   "definitions":{"port":{"type":"integer","minimum":1,"maximum":65535}},
   "properties":{"mode":{"enum":["fast","slow"],"default":"fast"},
                 "command":{"type":"array","minItems":1,"items":{"type":"string"}},
                 "env":{"type":"object","additionalProperties":{"type":"string"}},
                 "ssh":{"type":"object","additionalProperties":false,"required":["target"],
                        "properties":{"target":{"type":"string","pattern":"^[a-z]+@"},
                                      "port":{"\$ref":"#/definitions/port","default":22}}}}},
 "configure":{"ok":$ok,"messages":["mode is forbidden"]}}
JSON
)";

class GenerationTest : public testing::Test {
 protected:
  GenerationTest() {
    fs::create_directory(root() / "plugins");
    fs::permissions(root() / "plugins", fs::perms::owner_all);
    folder_.write("worker", k_worker);
    fs::permissions(root() / "worker", fs::perms::owner_all);
    library("llm-spawner", "llm-spawner *");
    library("test-runner", "test-runner testing result");
  }

  fs::path root() const { return folder_.path(); }
  void library(const std::string& type, const std::string& content) {
    const fs::path file = root() / "plugins" / (type + ".so");
    // A remembered answer of an earlier test must not stand in for this one's.
    folder_.write("plugins/" + type + ".so", content + "\n" + root().string() + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }

  void configure(const std::string& rest) {
    folder_.write(
        "orchestrator.yaml",
        "version: 1\ndaemon: { state_dir: state }\nplugin_dirs: [missing, plugins]\n" + rest);
  }
  Built build(const Generation* previous = nullptr) {
    return build_generation(folder_.sources(), root() / "worker", previous);
  }
  std::string findings(const Built& built) const {
    return join(folder_.texts(built.findings), "\n");
  }
  std::size_t calls() const {
    const auto log = read_file(root() / "calls", 1 << 20);
    return log.ok() ? split(log.value(), '\n').size() - 1 : 0;
  }

  ConfigFolder folder_;
};

const std::string k_both = "plugins:\n  llm-spawner: { repos: \"*\" }\n  test-runner: {}\n";

}  // namespace

TEST_F(GenerationTest, HoldsAPrivateCopyOfEveryPlugin) {
  configure(k_both);
  const Built built = build();
  ASSERT_TRUE(built.generation) << findings(built);
  EXPECT_EQ(built.generation->number, 1);
  EXPECT_TRUE(built.changes.empty());
  const LoadedPlugin& plugin = built.generation->plugins.at("test-runner");
  EXPECT_EQ(plugin.version, "1.2.0");
  EXPECT_EQ(plugin.abi, "1.0");
  EXPECT_EQ(plugin.stages, std::vector<std::string>{"testing"});
  EXPECT_EQ(plugin.default_timeout, Millis{600'000});
  EXPECT_TRUE(plugin.is_llm);
  EXPECT_EQ(plugin.library, root() / "state/plugins" / (plugin.sha256 + ".so"));
  const auto original = read_file(root() / "plugins/test-runner.so", 1 << 20);
  EXPECT_EQ(read_file(plugin.library, 1 << 20).value(), original.value());
  EXPECT_EQ(sha256_hex(original.value()), plugin.sha256);
  struct stat info {};
  ASSERT_EQ(::stat(plugin.library.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0500U);
  EXPECT_TRUE(built.generation->can_produce("test-runner", Stage::testing));
  EXPECT_FALSE(built.generation->can_produce("test-runner", Stage::review));
  EXPECT_TRUE(built.generation->can_produce("llm-spawner", Stage::review));
  EXPECT_FALSE(built.generation->can_produce("nobody", Stage::review));
}

TEST_F(GenerationTest, CompletesSettingsFromTheSchemaAndKeepsSecretReferences) {
  configure(
      "plugins:\n  llm-spawner:\n    settings:\n      ssh: { target: a@b }\n"
      "      env: { TOKEN: { credential: api-key } }\n");
  const Built built = build();
  ASSERT_TRUE(built.generation) << findings(built);
  const auto wanted = nlohmann::json::parse(
      R"({"mode":"fast","ssh":{"target":"a@b","port":22},"env":{"TOKEN":{"credential":"api-key"}}})");
  EXPECT_EQ(nlohmann::json::parse(built.generation->config.plugins.at("llm-spawner").settings),
            wanted);
}

TEST_F(GenerationTest, FindingsOfSettingsNameTheirLines) {
  configure(
      "plugins:\n"
      "  llm-spawner:\n"
      "    settings:\n"
      "      mode: fats\n"
      "      comand: [x]\n"
      "      command: [sh, 5]\n"
      "      env:\n"
      "        A: true\n"
      "      ssh:\n"
      "        port: 70000\n");
  const Built built = build();
  EXPECT_FALSE(built.generation);
  const std::vector<std::string> wanted{
      "F/orchestrator.yaml:8:15: plugins.llm-spawner.settings.comand: unknown setting, did you "
      "mean "
      "\"command\"?",
      "F/orchestrator.yaml:9:21: plugins.llm-spawner.settings.command[1]: found the number 5, "
      "wanted a text\n"
      "  put it in quotes",
      "F/orchestrator.yaml:11:12: plugins.llm-spawner.settings.env.A: found the boolean true, "
      "wanted a text\n"
      "  put it in quotes",
      "F/orchestrator.yaml:7:13: plugins.llm-spawner.settings.mode: found the text \"fats\", "
      "wanted one of "
      "fast, slow, did you mean \"fast\"?",
      "F/orchestrator.yaml:12:7: plugins.llm-spawner.settings.ssh: \"target\" is missing",
      "F/orchestrator.yaml:13:15: plugins.llm-spawner.settings.ssh.port: found 70000, wanted 65535 "
      "or less"};
  auto texts = folder_.texts(built.findings);
  std::sort(texts.begin(), texts.end());
  auto sorted = wanted;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(texts, sorted);
}

TEST_F(GenerationTest, APatternIsShownWithTheValueThatMissesIt) {
  configure("plugins: { llm-spawner: { settings: { ssh: { target: \"Host\" } } } }\n");
  EXPECT_EQ(
      findings(build()),
      "F/orchestrator.yaml:4:54: plugins.llm-spawner.settings.ssh.target: found the text \"Host\", "
      "wanted a text like ^[a-z]+@");
}

TEST_F(GenerationTest, ThePluginHasTheLastWordOnItsSettings) {
  configure("plugins: { llm-spawner: { settings: { command: [forbidden] } } }\n");
  EXPECT_EQ(findings(build()),
            "F/orchestrator.yaml:4:27: plugins.llm-spawner.settings: refused by the plugin: mode "
            "is forbidden");
}

TEST_F(GenerationTest, AFaultOfAnEnabledPluginRefusesTheWholeAndNamesTheReason) {
  const std::map<std::string, std::string> faults{
      {"refuse", "is refused: needs plugin ABI 2.0, this host speaks 1.0"},
      {"crash", "crashed while it was loaded (signal 11)"},
      {"fail", "could not be described: exit code 127, cannot open shared object"},
      {"other testing result", "test-runner.so calls itself \"other\""},
      {"test-runner sleeping result", "claims the stage \"sleeping\", which does not exist"},
      {"test-runner testing verdict",
       "claims the verdict key \"verdict\" for the stage testing, whose key is \"result\""}};
  configure(k_both);
  const Built good = build();
  ASSERT_TRUE(good.generation);
  for (const auto& [content, text] : faults) {
    library("test-runner", content);
    const Built built = build(good.generation.get());
    EXPECT_FALSE(built.generation) << content;
    EXPECT_TRUE(built.changes.empty());
    EXPECT_EQ(findings(built), "F/orchestrator.yaml:6:3: plugins.test-runner: " + text);
  }
  // The one in force is as it was, its library with it.
  const LoadedPlugin& kept = good.generation->plugins.at("test-runner");
  EXPECT_EQ(sha256_hex(read_file(kept.library, 1 << 20).value()), kept.sha256);
  library("test-runner", "garbage");
  EXPECT_NE(findings(build()).find("gave an answer that cannot be read"), std::string::npos);
}

TEST_F(GenerationTest, AFaultOfADisabledPluginIsAWarningAndItStaysListed) {
  library("test-runner", "crash");
  configure("plugins:\n  llm-spawner: {}\n  test-runner: { enabled: false }\n");
  const Built built = build();
  ASSERT_TRUE(built.generation) << findings(built);
  EXPECT_EQ(findings(built),
            "F/orchestrator.yaml:6:3: plugins.test-runner: warning: crashed while it was loaded "
            "(signal 11)");
  EXPECT_EQ(built.generation->plugins.at("test-runner").refused,
            "crashed while it was loaded (signal 11)");
  EXPECT_FALSE(built.generation->can_produce("test-runner", Stage::testing));
  EXPECT_EQ(built.generation->warnings.size(), 1U);
}

TEST_F(GenerationTest, ALibraryThatOthersCanWriteIsRefused) {
  configure(k_both);
  fs::permissions(root() / "plugins/test-runner.so", fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(findings(build()),
            "F/orchestrator.yaml:6:3: plugins.test-runner: F/plugins/test-runner.so may be written "
            "by others "
            "(mode 0720); run: chmod go-w F/plugins/test-runner.so");
  fs::permissions(root() / "plugins/test-runner.so", fs::perms::owner_all);
  fs::permissions(root() / "plugins", fs::perms::others_write, fs::perm_options::add);
  EXPECT_NE(findings(build()).find("F/plugins may be written by others (mode 0702)"),
            std::string::npos);
}

TEST_F(GenerationTest, ALinkOrAMissingLibraryIsRefused) {
  configure(k_both);
  fs::rename(root() / "plugins/test-runner.so", root() / "plugins/real.so");
  EXPECT_EQ(
      findings(build()),
      "F/orchestrator.yaml:6:3: plugins.test-runner: no test-runner.so in F/missing, F/plugins");
  fs::create_symlink("real.so", root() / "plugins/test-runner.so");
  EXPECT_EQ(
      findings(build()),
      "F/orchestrator.yaml:6:3: plugins.test-runner: F/plugins/test-runner.so is a symbolic link");
}

TEST_F(GenerationTest, ACopyWhoseContentHasChangedIsMadeAgain) {
  configure(k_both);
  const Built first = build();
  ASSERT_TRUE(first.generation);
  const fs::path copy = first.generation->plugins.at("test-runner").library;
  fs::permissions(copy, fs::perms::owner_all);
  folder_.write(fs::relative(copy, root()).string(), "crash\n");
  const Built second = build(first.generation.get());
  ASSERT_TRUE(second.generation);
  EXPECT_EQ(sha256_hex(read_file(copy, 1 << 20).value()),
            second.generation->plugins.at("test-runner").sha256);
}

TEST_F(GenerationTest, AChainMayOnlyNameProducersOfItsStage) {
  configure(k_both + "stages: { review: { producers: [test-runner, llm-spawner] } }\n");
  EXPECT_EQ(findings(build()),
            "F/orchestrator.yaml:7:33: stages.review.producers[0]: test-runner cannot produce for "
            "review, only "
            "for testing\n  remove it from this chain");
}

TEST_F(GenerationTest, APluginsOwnTimeLimitCountsAgainstTheCeiling) {
  configure(k_both +
            "ownership: { reaper: { max_running: 10m } }\n"
            "repos: { a: { ci: { timeout: 1m } } }\n");
  const std::string text = findings(build());
  EXPECT_NE(
      text.find(
          "plugins.test-runner: its own time limit 10m and daemon.kill_grace 10s are not below "
          "ownership.reaper.max_running 10m"),
      std::string::npos)
      << text;
}

TEST_F(GenerationTest, ChangesNameTheKeysAndWhatNeedsARestart) {
  configure(k_both);
  const Built first = build();
  ASSERT_TRUE(first.generation);
  library("test-runner", "test-runner testing result\n# two");
  configure(
      k_both +
      "http: { board: { listen: off } }\nrepos: { web: {} }\ngates: { max_broken_artifacts: 4 }\n");
  const Built second = build(first.generation.get());
  ASSERT_TRUE(second.generation) << findings(second);
  EXPECT_EQ(second.generation->number, 2);
  EXPECT_NE(second.generation->sha256, first.generation->sha256);
  std::map<std::string, Change> changes;
  for (const Change& change : second.changes) changes[change.key] = change;
  EXPECT_EQ(changes.at("http.board.listen").before, "127.0.0.1:8480");
  EXPECT_EQ(changes.at("http.board.listen").after, "off");
  EXPECT_TRUE(changes.at("http.board.listen").needs_restart);
  EXPECT_EQ(changes.at("gates.max_broken_artifacts").after, "4");
  EXPECT_FALSE(changes.at("gates.max_broken_artifacts").needs_restart);
  EXPECT_EQ(changes.at("repos.web.default_branch").before, "");
  EXPECT_EQ(changes.at("plugins.test-runner.library").before,
            first.generation->plugins.at("test-runner").sha256);
}

TEST_F(GenerationTest, AnUnchangedReloadStartsNoWorker) {
  std::string plugins = "plugins:\n  llm-spawner: {}\n";
  for (int i = 0; i < 49; ++i) {
    plugins += "  test-runner/n" + std::to_string(i) + ": { settings: { command: [a, \"" +
               std::to_string(i) + "\"] } }\n";
  }
  configure(plugins);
  const Built first = build();
  ASSERT_TRUE(first.generation) << findings(first);
  const std::size_t before = calls();
  std::vector<double> took;
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Built again = build(first.generation.get());
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
    ASSERT_TRUE(again.generation);
    EXPECT_TRUE(again.changes.empty());
    EXPECT_EQ(again.generation->sha256, first.generation->sha256);
  }
  EXPECT_EQ(calls(), before);
  std::sort(took.begin(), took.end());
  RecordProperty("slowest_ms", std::to_string(took.back()));
#ifdef NDEBUG
  EXPECT_LT(took.back(), 100);
#endif
}

TEST_F(GenerationTest, AConfigurationThatIsRefusedStartsNoWorker) {
  configure(k_both + "daemon: { workers: 0 }\n");
  EXPECT_FALSE(build().generation);
  EXPECT_EQ(calls(), 0U);
}

TEST(ResolveSecrets, ReadsEverySourceAndNamesWhatIsMissing) {
  const orc::test::TempDir folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(folder.path() / name, text, Durability::process).ok());
  };
  write("api-key", "s3cret\n");
  write("ssh-key", "line one\nline two\n");
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1), 0);
  ASSERT_EQ(setenv("A_TEST_TOKEN", "t0ken", 1), 0);
  const std::string file = (folder.path() / "ssh-key").string();
  const auto found = resolve_secrets(R"({"a":{"credential":"api-key"},"b":[{"env":"A_TEST_TOKEN"}],
    "c":{"d":{"file":")" + file + R"("}},"not":{"file":"x","other":1}})");
  ASSERT_TRUE(found.ok()) << found.error().message;
  const nlohmann::json wanted{{"credential:api-key", "s3cret"},
                              {"env:A_TEST_TOKEN", "t0ken"},
                              {"file:" + file, "line one\nline two\n"}};
  EXPECT_EQ(nlohmann::json::parse(found.value()), wanted);

  const auto error_of = [](const std::string& settings) {
    return resolve_secrets(settings).error().message;
  };
  EXPECT_TRUE(error_of(R"({"a":{"credential":"none"}})").starts_with("secret credential:none: "));
  EXPECT_EQ(error_of(R"({"a":{"credential":"../api-key"}})"),
            "secret credential:../api-key: not a credential's name");
  EXPECT_EQ(error_of(R"({"a":{"env":"A_TEST_TOKEN_TOO"}})"),
            "secret env:A_TEST_TOKEN_TOO: the variable is not set");
  EXPECT_EQ(error_of(R"({"a":{"file":"key"}})"), "secret file:key: wanted an absolute path");
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(error_of(R"({"a":{"credential":"api-key"}})"),
            "secret credential:api-key: CREDENTIALS_DIRECTORY is not set");
  unsetenv("A_TEST_TOKEN");
}

}  // namespace orc::config::test
