// SPDX-License-Identifier: Apache-2.0
// Values as they arrive in Config, the shipped file, and the reference page.
#include "config/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "base/file.h"
#include "base/text.h"
#include "config/options.h"
#include "config/yaml_node.h"
#include "support/paths.h"
#include "unit/config/files.h"

namespace orc::config::test {

namespace {

const std::filesystem::path k_source = orc::test::source_dir();
const std::filesystem::path k_shipped = k_source / "config/orchestrator.yaml";
const std::filesystem::path k_page = k_source / "docs/operations/configuration.md";

std::string content(const std::filesystem::path& path) {
  auto text = read_file(path, 1 << 20);
  EXPECT_TRUE(text.ok()) << path;
  return text.ok() ? text.value() : "";
}

// "  #key: value" → "  key: value": what an operator does to an example.
std::string with_examples(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)( *)#([^ \n])"), "$1$2$3");
}

// "plugins.llm-spawner.repos" → "plugins.*.repos"
std::string pattern_of(const std::string& key) {
  const Option* option = find_option(split_path(key));
  return option == nullptr ? key : std::string(option->key);
}

std::string any_error(const ConfigFolder& folder, const Loaded& loaded) {
  return join(folder.texts(loaded.findings), "\n");
}

}  // namespace

TEST(Config, ARepositorysBlockArrivesAsItsContract) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "plugins: { llm-spawner: {} }\n"
      "repos:\n"
      "  my.web:\n"
      "    clone: ssh://git@example.org/web.git\n"
      "    self_hosting: true\n"
      "    test:\n"
      "      command: [pytest, -q]\n"
      "      timeout: 90s\n"
      "      env: { A: b }\n"
      "      exit_codes: { fail: [1, 6] }\n"
      "      evidence: { junit: junit.xml }\n"
      "    ci: { command: [make], required: false, timeout: 2m }\n"
      "  plain: {}\n");
  ASSERT_TRUE(loaded.config) << any_error(folder, loaded);
  const Repo& repo = loaded.config->repos.at("my.web");
  EXPECT_EQ(repo.name, "my.web");
  EXPECT_TRUE(repo.self_hosting);
  EXPECT_EQ(repo.clone, "ssh://git@example.org/web.git");
  EXPECT_EQ(repo.default_branch, "main");
  EXPECT_EQ(repo.ci.command, std::vector<std::string>{"make"});
  EXPECT_FALSE(repo.ci.required);
  EXPECT_EQ(repo.ci.timeout, Millis{120'000});
  const auto wanted = nlohmann::json::parse(R"({
    "clone": "ssh://git@example.org/web.git", "default_branch": "main", "self_hosting": true,
    "test": {"command": ["pytest", "-q"], "timeout": "1m30s", "env": {"A": "b"},
             "exit_codes": {"fail": [1, 6]}, "evidence": {"junit": "junit.xml", "min_tests": 1}},
    "ci": {"command": ["make"], "required": false, "timeout": "2m"}})");
  EXPECT_EQ(nlohmann::json::parse(repo.contract), wanted);
  EXPECT_FALSE(nlohmann::json::parse(loaded.config->repos.at("plain").contract).contains("test"));
  EXPECT_EQ(loaded.values.at("repos.\"my.web\".ci.timeout"), "2m");
}

TEST(Config, SettingsBecomeJsonByTheYamlCoreRules) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "plugins:\n"
      "  llm-spawner:\n"
      "    settings:\n"
      "      yes_text: yes\n"
      "      flag: true\n"
      "      quoted: \"true\"\n"
      "      octal: 0o17\n"
      "      hex: 0xff\n"
      "      number: -1.5e3\n"
      "      version: 1.2.3\n"
      "      nothing: ~\n"
      "      time: 12:30\n"
      "      block: |\n"
      "        two\n"
      "        lines\n"
      "      token: { credential: api-key }\n");
  ASSERT_TRUE(loaded.config) << any_error(folder, loaded);
  const auto wanted = nlohmann::json::parse(R"({
    "yes_text": "yes", "flag": true, "quoted": "true", "octal": 15, "hex": 255, "number": -1500.0,
    "version": "1.2.3", "nothing": null, "time": "12:30", "block": "two\nlines\n",
    "token": {"credential": "api-key"}})");
  EXPECT_EQ(nlohmann::json::parse(loaded.config->plugins.at("llm-spawner").settings), wanted);
  EXPECT_EQ(loaded.values.at("plugins.llm-spawner.settings.token"), "credential:api-key");
}

TEST(Config, ASecondInstanceHasTheTypeBeforeTheSlash) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\nplugins: { llm-spawner: {}, llm-spawner/cheap: { enabled: false } }\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->plugins.at("llm-spawner/cheap").type, "llm-spawner");
  EXPECT_FALSE(loaded.config->plugins.at("llm-spawner/cheap").enabled);
}

TEST(Config, TheBoardCanBeOffOrOnAnIpv6Address) {
  const ConfigFolder folder;
  const std::string sound = "version: 1\nplugins: { llm-spawner: {} }\n";
  EXPECT_EQ(folder.load(sound + "http: { board: { listen: off } }\n").config->board.port, -1);
  const Loaded loaded = folder.load(sound + "http: { board: { listen: \"[::1]:0\" } }\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->board.host, "::1");
  EXPECT_EQ(loaded.config->board.port, 0);
}

TEST(Config, TheHashChangesWithAValueAndNotWithALayout) {
  const ConfigFolder folder;
  const std::string sound = "version: 1\nplugins: { llm-spawner: {} }\n";
  const std::string first = folder.load(sound).sha256;
  EXPECT_EQ(folder.load("# remark\n" + sound + "daemon: { workers: 2 }\n").sha256, first);
  EXPECT_NE(folder.load(sound + "daemon: { workers: 3 }\n").sha256, first);
}

TEST(ShippedFile, LoadsAndSaysTheDefaults) {
  const ConfigFolder folder;
  const Loaded shipped = folder.load(content(k_shipped));
  ASSERT_TRUE(shipped.config) << any_error(folder, shipped);
  const Loaded bare = folder.load(
      "version: 1\nplugins: { test-runner: {}, staging-runner: {}, deploy-finalizer: {}, "
      "llm-spawner: {} }\n");
  ASSERT_TRUE(bare.config) << any_error(folder, bare);
  for (const auto& [key, value] : bare.values) {
    if (key == "plugins.llm-spawner.repos") continue;  // the file says why
    const auto found = shipped.values.find(key);
    EXPECT_EQ(found == shipped.values.end() ? "missing" : found->second, value) << key;
  }
}

TEST(ShippedFile, HoldsEveryKeyAsAValueOrAsAnExample) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(with_examples(content(k_shipped)));
  ASSERT_TRUE(loaded.config) << any_error(folder, loaded);
  std::set<std::string> held;
  for (const auto& [key, position] : loaded.positions) held.insert(pattern_of(key));
  for (const Option& option : options()) {
    const bool of_the_plugin = option.key.find(".settings.") != std::string_view::npos;
    EXPECT_TRUE(of_the_plugin || held.contains(std::string(option.key))) << option.key;
  }
}

TEST(ShippedFile, GivesEveryRoleItsModelAndEffort) {
  struct Row {
    Role role;
    std::string effort;
  };
  const std::vector<Row> table{{Role::analyst, "high"},    {Role::architect, "high"},
                               {Role::developer, "xhigh"}, {Role::reviewer, "high"},
                               {Role::tester, "medium"},   {Role::deployer, "medium"}};
  const ConfigFolder folder;
  for (const std::string& text :
       {content(k_shipped), std::string("version: 1\nplugins: { llm-spawner: {} }\n")}) {
    const Loaded loaded = folder.load(text);
    ASSERT_TRUE(loaded.config) << any_error(folder, loaded);
    ASSERT_EQ(loaded.config->roles.size(), table.size());
    for (const Row& row : table) {
      EXPECT_EQ(loaded.config->roles.at(row.role).model, "claude-opus-4-8") << to_string(row.role);
      EXPECT_EQ(loaded.config->roles.at(row.role).effort, row.effort) << to_string(row.role);
    }
  }
}

TEST(ShippedFile, NamesTheVariableBesideEveryKeyThatHasOne) {
  const std::string text = content(k_shipped);
  for (const Option& option : options()) {
    const bool shown =
        option.env.empty() || option.env.find("STAGING_RUNNER_EXEC") != std::string_view::npos;
    std::string name(option.env);
    if (const std::size_t star = name.find('*'); star != std::string::npos)
      name.replace(star, 1, "<PLUGIN>");
    EXPECT_TRUE(shown || text.find(name) != std::string::npos) << option.key << " " << name;
  }
}

TEST(Options, EveryRowHasADecodableDefaultAndOneVariable) {
  std::set<std::string> names;
  std::set<std::string_view> keys;
  for (const Option& option : options()) {
    EXPECT_TRUE(keys.insert(option.key).second) << option.key;
    EXPECT_FALSE(option.text.empty()) << option.key;
    EXPECT_NE(option.fallback.has_value(), !option.otherwise.empty()) << option.key;
    for (const std::string_view name : {option.env, option.env_alias}) {
      if (name.empty()) continue;
      EXPECT_TRUE(names.insert(std::string(name)).second) << name;
    }
    constexpr std::array<std::string_view, 7> k_contract{
        "repos.*.test.",     "repos.*.forge.",    "repos.*.merge.",
        "repos.*.coverage.", "repos.*.security.", "repos.*.image.",
        "repos.*.monitor."};
    const bool contract =
        std::any_of(k_contract.begin(), k_contract.end(),
                    [&](std::string_view part) { return option.key.starts_with(part); });
    EXPECT_EQ(option.set == nullptr, contract) << option.key << " reaches no place in Config";
  }
}

TEST(ReferencePage, HoldsTheTableThatTheOptionsMake) {
  const std::string begin = "<!-- options:begin -->\n";
  const std::string end = "<!-- options:end -->";
  std::string page = content(k_page);
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::size_t start = from + begin.size();
  if (std::getenv("ORCH_ACCEPT") != nullptr) {
    page.replace(start, to - start, options_markdown());
    ASSERT_TRUE(write_file_atomically(k_page, page, Durability::process, 0644).ok());
  }
  const std::size_t now = content(k_page).find(end);
  EXPECT_EQ(content(k_page).substr(start, now - start), options_markdown())
      << "run unit_config with ORCH_ACCEPT=1 and commit the page";
}

TEST(Load, ChecksAFileOfTwoThousandLinesInUnderAHundredMilliseconds) {
  std::ostringstream text;
  text << "version: 1\nplugins: { llm-spawner: {} }\nrepos:\n";
  for (int i = 0; i < 250; ++i) {
    text << "  repo" << i << ":\n    clone: ssh://git@example.org/r" << i << ".git\n"
         << "    test:\n      command: [make, check]\n      timeout: 5m\n"
         << "      evidence:\n        junit: junit.xml\n        min_tests: 3\n";
  }
  const ConfigFolder folder;
  folder.load(text.str());
  const auto start = std::chrono::steady_clock::now();
  const Loaded loaded = folder.load(text.str());
  const auto took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(loaded.config) << any_error(folder, loaded);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  RecordProperty("milliseconds", std::to_string(ms));
#ifdef NDEBUG
  EXPECT_LT(ms, 100);
#else
  EXPECT_LT(ms, 2000);
#endif
}

}  // namespace orc::config::test
