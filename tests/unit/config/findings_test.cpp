// SPDX-License-Identifier: Apache-2.0
// What an operator reads when a file is wrong: the exact line, with its place and the way to mend
// it.
#include <gtest/gtest.h>

#include "unit/config/files.h"

namespace orc::config::test {

namespace {

// The shortest file without a finding, so that a case shows its own findings alone.
const std::string k_sound =
    "version: 1\n"
    "plugins:\n"
    "  llm-spawner: {}\n";

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> findings;
};

class BadFile : public testing::TestWithParam<Case> {};

TEST_P(BadFile, IsReportedWithPlaceAndFix) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(GetParam().text);
  EXPECT_EQ(folder.texts(loaded.findings), GetParam().findings);
}

const std::string k_at = "F/orchestrator.yaml:";

const Case k_cases[] = {
    {"Sound", k_sound, {}},
    {"NotYaml",
     "version: 1\ndaemon: [\n",
     {k_at + "3:1: not valid YAML: end of sequence flow not found"}},
    {"NotAMapping", "- version\n", {k_at + "1:1: found a list, wanted a mapping"}},
    {"NoVersion",
     "plugins: {llm-spawner: {}}\n",
     {k_at + "1:1: version: missing\n  begin the file with: version: 1"}},
    {"NewerVersion",
     "version: 2\nunheard: of\n",
     {k_at + "1:10: version: the file is for version 2, this program reads version 1\n"
             "  install a newer orchestrator"}},
    {"TwoDocuments",
     k_sound + "---\nversion: 1\n",
     {k_at + "5:1: a second document, wanted one\n  remove the line ---"}},
    {"DuplicateKey",
     k_sound + "daemon:\n  workers: 2\n  workers: 3\n",
     {k_at + "6:3: daemon.workers: given twice, first in line 5\n  remove one of them"}},
    {"MergeKey",
     k_sound + "daemon: &d { workers: 2 }\nhttp:\n  <<: *d\n",
     {k_at + "6:3: http.<<: merge keys are not supported\n  repeat the keys instead"}},
    {"Tag",
     k_sound + "daemon: { workers: !!int 2 }\n",
     {k_at + "4:20: daemon.workers: a YAML tag is not allowed here\n"
             "  remove tag:yaml.org,2002:int"}},
    {"PasswordInAUrl",
     k_sound + "repos: { web: { clone: \"https://ci:hunter2@git.example.org/web.git\" } }\n",
     {k_at + "4:24: repos.web.clone: a password has no place in a URL here: everybody sees it\n"
             "  use ssh, or leave user and password out"}},
    {"NetworkTakenAwayWithoutNamespaces",
     "version: 1\nplugins: { llm-spawner: { network: false } }\n",
     {k_at + "2:36: plugins.llm-spawner.network: only isolation: strict can take the network away "
             "from its programs\n  set plugins.llm-spawner.isolation: strict, or network: true"}},
    {"AFolderOfTheHostsOpened",
     k_sound + "isolation: { read: [/var/lib/orchestrator/evidence] }\n",
     {k_at + "4:21: isolation.read[0]: /var/lib/orchestrator/evidence lies in daemon.state_dir, "
             "which no job may see",
      k_at + "4:21: isolation.read[0]: warning: no such folder: /var/lib/orchestrator/evidence"}},
    {"UnknownKeyWithANeighbour",
     k_sound + "daemon:\n  worker: 2\n",
     {k_at + "5:3: daemon.worker: unknown key, did you mean \"workers\"?"}},
    {"UnknownKeyWithout",
     k_sound + "tracker: { plane: {} }\n",
     {k_at + "4:12: tracker.plane: unknown key\n  known here: local"}},
    {"UnknownStage",
     k_sound + "stages:\n  test: { producers: [llm-spawner] }\n",
     {k_at + "5:3: stages.test: unknown stage\n  known here: analysis, architecture, development, "
             "review, testing, deploy-staging, deploy"}},
    {"UnknownRole",
     k_sound + "roles: { develper: {} }\n",
     {k_at + "4:10: roles.develper: unknown role, did you mean \"developer\"?"}},
    {"RollbacksOfAnotherStage",
     k_sound + "stages: { review: { max_rollbacks: 3 } }\n",
     {k_at + "4:21: stages.review.max_rollbacks: unknown key\n  known here: producers"}},
    {"SectionIsNotAMapping",
     k_sound + "daemon: 5\n",
     {k_at + "4:9: daemon: found the number 5, wanted a mapping"}},
};

INSTANTIATE_TEST_SUITE_P(Findings, BadFile, testing::ValuesIn(k_cases),
                         [](const auto& tested) { return tested.param.name; });

// One value at a time, on line 4: where it stands and what the finding says after "KEY: ".
struct ValueCase {
  const char* name;
  std::string line;
  std::string finding;
};

class BadValue : public testing::TestWithParam<ValueCase> {};

TEST_P(BadValue, SaysWhatWasFoundAndWanted) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(k_sound + GetParam().line + "\n");
  EXPECT_EQ(folder.texts(loaded.findings),
            std::vector<std::string>{k_at + "4:" + GetParam().finding});
  EXPECT_FALSE(loaded.config);
}

const ValueCase k_values[] = {
    {"IntegerFromText", "daemon: { workers: two }",
     "20: daemon.workers: found the text \"two\", wanted a whole number, 1 to 256"},
    {"IntegerFromQuotes", "daemon: { workers: \"2\" }",
     "20: daemon.workers: found the text \"2\", wanted a whole number, 1 to 256"},
    {"IntegerFromNothing", "daemon: { workers: }",
     "11: daemon.workers: found nothing, wanted a whole number, 1 to 256"},
    {"IntegerFromAList", "daemon: { workers: [2] }",
     "20: daemon.workers: found a list, wanted a whole number, 1 to 256"},
    {"IntegerOutOfRange", "daemon: { workers: 0 }",
     "20: daemon.workers: found the number 0, wanted 1 to 256"},
    {"DurationWithoutUnit", "daemon: { kill_grace: 10 }",
     "23: daemon.kill_grace: found the number 10, wanted a duration with a unit, such as 90s, 15m "
     "or 2h30m"},
    {"DurationTooLong", "daemon: { kill_grace: 2h }",
     "23: daemon.kill_grace: found the text \"2h\", wanted 0s to 1h"},
    {"WordMistyped", "daemon: { log: { level: warn } }",
     "25: daemon.log.level: found the text \"warn\", wanted one of debug, info, warning, error"},
    {"WordNearly", "daemon: { log: { level: infos } }",
     "25: daemon.log.level: found the text \"infos\", wanted one of debug, info, warning, error, "
     "did you mean "
     "\"info\"?"},
    {"BooleanYes", "repos: { web: { self_hosting: yes } }",
     "31: repos.web.self_hosting: found the text \"yes\", wanted true or false"},
    {"BooleanQuoted", "repos: { web: { self_hosting: \"true\" } }",
     "31: repos.web.self_hosting: found the text \"true\", wanted true or false\n  remove the "
     "quotes"},
    {"BooleanCapital", "repos: { web: { self_hosting: True } }",
     "31: repos.web.self_hosting: found the boolean True, wanted true or false"},
    {"BooleanNumber", "repos: { web: { self_hosting: 1 } }",
     "31: repos.web.self_hosting: found the number 1, wanted true or false"},
    {"TextFromNumber", "tracker: { local: { prefix: 5 } }",
     "29: tracker.local.prefix: found the number 5, wanted a text\n  put it in quotes: \"5\""},
    {"ListItem", "repos: { web: { ci: { command: [sleep, 5] } } }",
     "40: repos.web.ci.command[1]: found the number 5, wanted a text\n  put it in quotes: \"5\""},
    {"ListFromText", "repos: { web: { ci: { command: make test } } }",
     "32: repos.web.ci.command: found the text \"make test\", wanted a list of texts\n  write [a, "
     "b]"},
    {"ExitCode", "repos: { web: { test: { command: [a], exit_codes: { fail: [256] } } } }",
     "60: repos.web.test.exit_codes.fail[0]: found the number 256, wanted an exit code, 0 to 255"},
    {"OctalUnquoted", "http: { control: { mode: 0660 } }",
     "26: http.control.mode: found the number 0660, wanted octal permissions in quotes, such as "
     "\"0660\""},
    {"OctalDigits", "http: { control: { mode: \"0680\" } }",
     "26: http.control.mode: found the text \"0680\", wanted octal permissions in quotes, such as "
     "\"0660\""},
    {"ListenWithoutPort", "http: { board: { listen: localhost } }",
     "26: http.board.listen: found the text \"localhost\", wanted HOST:PORT or off"},
    {"ListenPort", "http: { board: { listen: \"localhost:70000\" } }",
     "26: http.board.listen: found the text \"localhost:70000\", wanted HOST:PORT or off with a "
     "port from 0 to "
     "65535"},
    {"DatabaseScheme", "db: { url: \"mysql://x\" }",
     "12: db.url: found the text \"mysql://x\", wanted sqlite:///PATH"},
    {"DatabaseRelative", "db: { url: \"sqlite://x.db\" }",
     "12: db.url: found the text \"sqlite://x.db\", wanted sqlite:///PATH"},
    {"CloneTransport", "repos: { web: { clone: \"ext::sh -c x\" } }",
     "24: repos.web.clone: found the text \"ext::sh -c x\", wanted a URL (ssh, https, http, git, "
     "file), "
     "user@host:path, or a path"},
    {"CloneOption", "repos: { web: { clone: --upload-pack=x } }",
     "24: repos.web.clone: found the text \"--upload-pack=x\", wanted a URL (ssh, https, http, "
     "git, file), "
     "user@host:path, or a path"},
    {"RepoName", "repos: { Web: {} }", "10: repos.Web: repository \"Web\": must be lower case"},
};

INSTANTIATE_TEST_SUITE_P(Findings, BadValue, testing::ValuesIn(k_values),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace

TEST(Load, ReportsEveryFindingAtOnceInFileOrder) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "daemon: { workers: x, log: { level: loud } }\n"
      "plugins:\n"
      "  llm-spawner: { enabeld: false }\n"
      "stages: { testing: { producers: [test-runner, llm-spawner] } }\n");
  const std::vector<std::string> wanted{
      k_at + "2:20: daemon.workers: found the text \"x\", wanted a whole number, 1 to 256",
      k_at +
          "2:37: daemon.log.level: found the text \"loud\", wanted one of debug, info, warning, "
          "error",
      k_at + "4:18: plugins.llm-spawner.enabeld: unknown key, did you mean \"enabled\"?",
      k_at +
          "5:34: stages.testing.producers[0]: no plugin \"test-runner\"\n"
          "  add it to plugins, or remove it from the chain"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
}

TEST(Load, RefusesAFileAboveOneMebibyte) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(k_sound + std::string(1 << 20, '#'));
  ASSERT_EQ(loaded.findings.size(), 1U);
  EXPECT_NE(loaded.findings[0].problem.find("larger than 1048576 bytes"), std::string::npos);
}

TEST(Load, RefusesDeepNestingInsteadOfFollowingIt) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(k_sound + "x: " + std::string(3000, '[') + "\n");
  ASSERT_EQ(loaded.findings.size(), 1U);
  EXPECT_EQ(loaded.findings[0].problem, "nested deeper than 32 levels");
}

TEST(Load, RefusesAliasesThatMultiply) {
  std::string text = k_sound + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string one = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + one;
    for (int k = 0; k < 9; ++k) text += ", " + one;
    text += "]\n";
  }
  const ConfigFolder folder;
  const Loaded loaded = folder.load(text);
  ASSERT_FALSE(loaded.findings.empty());
  EXPECT_EQ(loaded.findings.back().problem, "too many values");
}

TEST(Load, NamesTheFileThatCannotBeRead) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load();
  const std::vector<std::string> wanted{
      "F/orchestrator.yaml: cannot be read: F/orchestrator.yaml: No such file or directory"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
}

TEST(Load, MakesHostileBytesOfAFindingPrintable) {
  const Finding finding{.where = "F", .key = "a\x1b[31m", .problem = "\xff", .fix = ""};
  EXPECT_EQ(to_text(finding), "F: a\\x1b[31m: \\xff");
}

}  // namespace orc::config::test
