// SPDX-License-Identifier: Apache-2.0
// What is wrong is refused, says where, and leaves nothing behind.
#include <cstddef>

#include "integration/host_test.h"
#include "orchestrator/plugin/abi.h"
#include "support/paths.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

class BadInput : public HostTest {
 protected:
  // Neither `config check` nor `serve` takes the file; both name `place` and `problem`.
  void expect_refused(const std::string& place, const std::string& problem) {
    const CommandResult checked = host.orchestrator({"config", "check", "-c", host.config()});
    const std::string said = checked.out + checked.err;
    EXPECT_EQ(checked.exit_code, 78) << said;
    EXPECT_NE(said.find(place), std::string::npos) << said;
    EXPECT_NE(said.find(problem), std::string::npos) << said;
    EXPECT_FALSE(host.start());
    EXPECT_EQ(host.exit_code(), 78) << host.log();
    EXPECT_NE(host.log().find(problem), std::string::npos) << host.log();
  }

  // The good configuration with another folder of plugins in front.
  void with_plugin(const fs::path& library, const std::function<void(std::string&)>& change) {
    const fs::path folder = host.root() / "plugins";
    std::string bytes = read_text(library);
    change(bytes);
    write_text(folder / "test-runner.so", bytes);
    std::string text = yaml(host, {});
    const std::string mark = "plugin_dirs: [";
    text.insert(text.find(mark) + mark.size(), folder.string() + ", ");
    write_text(host.config(), text);
  }

  void expect_broken_artifact(const std::string& python, const std::string& problem) {
    const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
    add_branch(repository, "work", "README.md", "Changed.\n");
    hook("review", python);
    serve();
    submit("IT-11", {"--repo", repository, "--branch", "work", "--from", "review"});
    const Json end = settled("IT-11");
    EXPECT_EQ(end["stage"], "review");
    ASSERT_TRUE(end["hold"].is_object()) << end.dump(2) << host.log();
    EXPECT_EQ(end["hold"]["class"], "broken_artifact");
    const std::string reason = end["hold"]["reason"];
    EXPECT_NE(reason.find("12-review.md" + problem), std::string::npos) << reason;
    EXPECT_EQ(end["counters"]["code_fail"], 0);
    EXPECT_GE(runs("IT-11", "review").size(), 2U) << "its budget was used";
  }
};

TEST_F(BadInput, AnUnknownKeyIsRefusedWithItsPlaceAndASuggestion) {
  configure({.rest = "gates: { max_broken_artefacts: 1 }\n"});
  expect_refused("orchestrator.yaml:", "did you mean \"max_broken_artifacts\"");
}

TEST_F(BadInput, ADuplicateKeyIsRefused) {
  configure({.rest = "gates: {}\ngates: {}\n"});
  expect_refused("orchestrator.yaml:", "gates");
}

TEST_F(BadInput, AMissingPluginLibraryIsRefused) {
  configure({.plugins = "  nowhere: { repos: \"*\" }\n"});
  expect_refused("orchestrator.yaml:", "nowhere.so");
}

TEST_F(BadInput, ALibraryForAnotherAbiIsRefusedWithBothVersions) {
  with_plugin(fs::path(test::plugin_dir()) / "test-runner.so", [](std::string& bytes) {
    const std::size_t ident = bytes.find(ORCH_IDENT_MAGIC);
    ASSERT_NE(ident, std::string::npos);
    for (auto at = ident; at != std::string::npos; at = bytes.find(ORCH_IDENT_MAGIC, at + 1)) {
      bytes[at + offsetof(orch_ident, abi_major)] = 9;
    }
  });
  expect_refused("orchestrator.yaml:", "needs plugin ABI 9.0");
}

TEST_F(BadInput, ALibraryThatCrashesWhenLoadedTakesOnlyTheCheckingProcessAlong) {
  with_plugin(test::bin_dir() + "/../crashing-plugins/test-runner.so", [](std::string&) {});
  expect_refused("orchestrator.yaml:", "test-runner");
}

TEST_F(BadInput, ARepositoryThatDoesNotExistHoldsTheTaskUntilItDoes) {
  serve({.repos = "  gone: { clone: " + (host.root() / "nowhere").string() + " }\n"});
  submit("IT-12", {"--repo", "gone"});
  const Json end = settled("IT-12");
  EXPECT_EQ(end["stage"], "analysis");
  EXPECT_TRUE(end["hold"].is_object()) << end.dump(2);
  EXPECT_EQ(end["counters"]["code_fail"], 0);
  EXPECT_NE(end["hold"].dump().find("nowhere"), std::string::npos) << end["hold"];
}

TEST_F(BadInput, ANameThatLooksLikeAnOptionOrAPathIsRefused) {
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  serve();
  const CommandResult branch = host.orchestrator(
      {"task", "submit", "--title", "x", "--repo", repository, "--branch=--upload-pack=x"});
  EXPECT_EQ(branch.exit_code, 64);
  EXPECT_NE(branch.err.find("--upload-pack=x"), std::string::npos) << branch.err;
  const CommandResult id =
      host.orchestrator({"task", "submit", "--title", "x", "--repo", repository, "--id", "../x"});
  EXPECT_EQ(id.exit_code, 64);
  EXPECT_NE(id.err.find("../x"), std::string::npos) << id.err;
  EXPECT_TRUE(ask({"task", "list"}).at("tasks").empty());
  EXPECT_FALSE(fs::exists(host.root() / "x"));
  EXPECT_FALSE(fs::exists(host.state() / "x"));
  EXPECT_TRUE(fs::is_empty(host.state() / "jobs"));
}

TEST_F(BadInput, AnArtifactWithABrokenHeadIsHeldAfterItsBudget) {
  expect_broken_artifact(
      "raw('12-review.md', '---\\nverdict: APPROVED\\nverdict: APPROVED\\n---\\n')\n", ": line 3:");
}

TEST_F(BadInput, AnUnknownVerdictIsHeldAfterItsBudget) {
  expect_broken_artifact("write('12-review.md', verdict='LOOKS_GOOD')\n", ":8");
}

}  // namespace

}  // namespace orc::test
