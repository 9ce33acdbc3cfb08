// SPDX-License-Identifier: Apache-2.0
// A plugin's author from an empty folder to a plugin in force: the package installed, a project
// written, built and tested out of tree, checked, tried, installed, switched on, and asked.
#include "integration/host_test.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

class Author : public HostTest {
 protected:
  // The package of a plugin's author, with the program of this build beside it.
  fs::path install_sdk() const {
    const fs::path prefix = host.root() / "sdk";
    const std::string build = fs::path(bin_dir()).parent_path().string();
    run({"cmake", "--install", build, "--prefix", prefix.string(), "--component", "plugin-api"});
    fs::create_directories(prefix / "bin");
    fs::create_symlink(bin_dir() + "/orchestrator", prefix / "bin/orchestrator");
    return prefix;
  }
  std::string run(const std::vector<std::string>& argv, const fs::path& cwd = "/") const {
    const CommandResult result = run_program(
        argv, cwd,
        {{"CMAKE_PREFIX_PATH", (host.root() / "sdk").string()}, {"TMPDIR", temporary().string()}},
        std::chrono::seconds(110));
    EXPECT_EQ(result.exit_code, 0) << argv[0] << " " << argv[1] << ":\n"
                                   << result.out << result.err;
    return result.out;
  }
  std::string orchestrator(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), (host.root() / "sdk/bin/orchestrator").string());
    return run(arguments);
  }
  fs::path temporary() const {
    fs::create_directories(host.root() / "tmp");
    return host.root() / "tmp";
  }
};

TEST_F(Author, BringsAPluginFromNothingIntoForce) {
  install_sdk();
  orchestrator({"plugin", "new", "lint-gate", "--stage", "review", "--dir", host.root().string()});
  const fs::path project = host.root() / "lint-gate";
  const std::string built = run({"cmake", "--workflow", "--preset", "dev"}, project);
  EXPECT_NE(built.find("lint-gate.check"), std::string::npos) << built;
  EXPECT_NE(built.find("lint-gate.fixture"), std::string::npos) << built;
  EXPECT_NE(built.find("100% tests passed, 0 tests failed out of 2"), std::string::npos) << built;

  const std::string library = (project / "build/lint-gate.so").string();
  const std::string fixture = (project / "tests/fixtures/task.yaml").string();
  const std::string checked = orchestrator({"plugin", "check", library, "--fixture", fixture});
  EXPECT_EQ(checked.find("fail"), std::string::npos) << checked;
  const fs::path repository = make_repository("enduro", {{"main.py", "print(1)\n"}});
  const std::string tried = orchestrator(
      {"plugin", "run", library, "--fixture", fixture, "--worktree", repository.string()});
  EXPECT_NE(tried.find("check_review_verdict -> fail"), std::string::npos) << tried;
  EXPECT_EQ(git(repository, {"status", "--porcelain"}), "");
  EXPECT_TRUE(fs::is_empty(temporary())) << "a trial leaves nothing behind";

  const fs::path installed = host.root() / "installed";
  run({"cmake", "--install", "build", "--prefix", installed.string()}, project);
  serve({.repos = "  enduro: { clone: " + repository.string() + " }\n"});
  std::string text = read_text(host.config());
  const std::string mark = "plugin_dirs: [";
  text.insert(text.find(mark) + mark.size(),
              (installed / "lib/orchestrator/plugins").string() + ", ");
  write_text(host.config(), text);
  const CommandResult enabled = host.orchestrator(
      {"plugin", "enable", "lint-gate", "--stage", "review", "--before", "llm-spawner", "--repos",
       "enduro", "--reload", "-c", host.config().string()});
  ASSERT_EQ(enabled.exit_code, 0) << enabled.err;
  EXPECT_NE(enabled.out.find("plugins: { lint-gate: { enabled: true, repos: enduro } }"),
            std::string::npos)
      << enabled.out;
  EXPECT_NE(enabled.out.find("review: lint-gate -> llm-spawner"), std::string::npos) << enabled.out;

  add_branch(repository, "work", "main.py", "print(1)  # FIXME: two\n");
  submit("IT-1", {"--repo", "enduro", "--branch", "work", "--from", "review"});
  ASSERT_TRUE(eventually([&] { return !runs("IT-1", "review").empty(); }));
  const Json review = runs("IT-1", "review").front();
  EXPECT_EQ(review["result"]["producer"], "lint-gate") << review.dump(2);
  EXPECT_EQ(review["gate"]["result"], "fail") << review.dump(2);
}

}  // namespace
}  // namespace orc::test
