// SPDX-License-Identifier: Apache-2.0
#include "integration/merge_test.h"

#include <algorithm>

namespace orc::test {

namespace {

// Red where two changes meet that each were green alone.
constexpr const char* k_suite =
    "failed=0\n"
    "if [ -e mine.txt ] && [ -e theirs.txt ]; then failed=1; fi\n"
    "[ ! -e slow.txt ] || sleep 30\n"
    "{ printf '<testsuite tests=\"2\" failures=\"%s\"><testcase classname=\"suite\" name=\"alone\"/>'\n"
    "  printf '<testcase classname=\"suite\" name=\"together\">'\n"
    "  [ $failed = 0 ] || printf '<failure message=\"they meet\"/>'\n"
    "  printf '</testcase></testsuite>'; } >junit.xml\n"
    "exit $failed\n";

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

void Merge::SetUp() {
  seed = make_repository("seed", {{"suite.sh", k_suite}, {"README.md", "Shop.\n"}});
  git(host.root(), {"clone", "-q", "--bare", seed.string(), bare().string()});
  git(seed, {"remote", "add", "forge", bare().string()});
  add_branch(seed, "work", "code.txt", "code\n");
  git(seed, {"push", "-q", "forge", "work"});
  const std::string root = host.root().string();
  forge_hook("update", "[ \"$1\" = refs/heads/main ] || exit 0\n"
                       "git merge-base --is-ancestor \"$2\" \"$3\" || {\n"
                       "  echo \"$2 $3\" >>" + root + "/forced; exit 1; }\n"
                       "echo \"$2 $3\" >>" + root + "/updates\n");
}

void Merge::forge_hook(const std::string& name, const std::string& script) const {
  const std::filesystem::path file = bare() / "hooks" / name;
  write_text(file, "#!/bin/sh\n" + script);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

void Merge::serve_forge(const std::string& more, const std::string& gates,
                        const std::string& staging) {
  write_text(host.root() / "conf.d/budgets.yaml",
             "plugins: { test-runner: { infra_retry: { attempts: 2, backoff: 100ms } } }\n");
  serve({.repos = "  shop:\n    clone: " + bare().string() +
                  "\n    ci: { required: false }\n    test:\n      command: [sh, suite.sh]\n"
                  "      timeout: 2s\n      exit_codes: { pass: [0], fail: [1] }\n"
                  "      evidence: { junit: junit.xml, min_tests: 1 }\n" + more,
         .plugins = "  staging-runner:\n    repos: \"*\"\n    settings: { exec_host_side: false, "
                    "command: " + staging + " }\n",
         .rest = "gates:\n  infra_retry: { attempts: 2, backoff: 100ms }\n" + gates});
}

std::string Merge::forge(const std::vector<std::string>& arguments) const {
  return trimmed(git(bare(), arguments));
}

std::string Merge::head_of(const std::string& branch) const {
  return forge({"for-each-ref", "--format=%(objectname)", "refs/heads/" + branch});
}

bool Merge::main_holds(const std::string& path) const {
  return !forge({"ls-tree", "--name-only", "main", path}).empty();
}

std::string Merge::push_to_main(const std::string& path, const std::string& text) {
  git(seed, {"checkout", "-q", "main"});
  git(seed, {"pull", "-q", "--ff-only", "forge", "main"});
  write_text(seed / path, text);
  git(seed, {"add", "--all"});
  git(seed, {"commit", "-qm", "Change " + path});
  git(seed, {"push", "-q", "forge", "main"});
  return trimmed(git(seed, {"rev-parse", "HEAD"}));
}

Json Merge::run_task(const std::string& id, const std::string& from) {
  submit(id, {"--repo", "shop", "--branch", "work", "--from", from});
  return settled(id);
}

Json Merge::gate(const std::string& id, const std::string& name) const {
  Json found;
  for (const Json& entry : timeline(id)) {
    for (const Json& row : entry.value("gates", Json::array())) {
      if (row.at("gate") == name) found = row;
    }
  }
  return found;
}

std::string Merge::why_it_went_back(const std::string& id) const {
  std::string why;
  for (const Json& entry : timeline(id)) {
    const Json transition = entry.value("transition", Json::object());
    if (transition.value("reason", "") == "gate_failed") why = transition.value("text", "");
  }
  return why;
}

Json Merge::queue_block(const std::string& name) const {
  const CommandResult answer =
      run_program({"curl", "-s", "--unix-socket", (host.root() / "control.sock").string(),
                   "http://localhost/queue"},
                  host.root());
  return Json::parse(answer.out, nullptr, false).value(name, Json::object());
}

int Merge::lines_of(const std::string& file) const {
  const std::string text = read_text(host.root() / file);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace orc::test
