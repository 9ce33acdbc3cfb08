// SPDX-License-Identifier: Apache-2.0
// `plugin run`: a job without a host, and a repository that stays as it was.
#include "author_fixture.h"

namespace orc::test {
namespace {

class PluginRun : public AuthorTest {
 protected:
  void SetUp() override {
    git({"init", "-q", "-b", "main", tree().string()});
    write("tree/pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n");
    write("tree/tests/test_it.py", "def test_it():\n    assert True\n");
    git({"-C", tree().string(), "add", "-A"});
    git({"-C", tree().string(), "commit", "-q", "-m", "begin"});
  }
  std::filesystem::path tree() const { return temp_.path() / "tree"; }
  std::string git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"git", "-c", "user.name=T", "-c", "user.email=t@localhost"});
    const CommandResult result =
        run_program(arguments, temp_.path(), {{"GIT_CONFIG_GLOBAL", "/dev/null"}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
  std::vector<std::string> command(const std::string& fixture) const {
    return {"plugin",
            "run",
            plugin_dir() + "/test-runner.so",
            "--fixture",
            write("task.yaml", fixture).string(),
            "--worktree",
            tree().string()};
  }
  // Everything that the command must not touch, .git and all.
  std::string picture() const {
    return run_program({"/bin/sh", "-c", "find . -type f -exec md5sum {} + | sort"}, tree()).out;
  }
};

TEST_F(PluginRun, JudgesWhatIsCommittedAndWhatIsNotAndTouchesNeither) {
  const std::string before = picture();
  const Json green = ask(command("expect: { verdict: PASS, gate: pass }\n"));
  EXPECT_EQ(exit_code_, 0) << green.dump(2);
  EXPECT_EQ(green.at("decision").at("decision"), "accepted");
  EXPECT_EQ(green.at("outcome").at("outcome"), "suite_ran");
  EXPECT_EQ(green.at("artifacts").at(0).at("frontmatter").at("result"), "PASS");
  EXPECT_EQ(green.at("transition").at("to"), "deploy-staging");
  EXPECT_EQ(picture(), before);

  write("tree/tests/test_it.py", "def test_it():\n    assert False\n");
  const std::string changed = picture();
  const Json red = ask(command("expect: { verdict: FAIL, gate: fail }\n"));
  EXPECT_EQ(exit_code_, 0) << red.dump(2);
  EXPECT_EQ(red.at("gate").at("name"), "check_tests_passed");
  EXPECT_EQ(red.at("transition").at("to"), "development");
  EXPECT_EQ(picture(), changed);
}

TEST_F(PluginRun, SaysWhatIsOtherwiseThanTheFixtureExpects) {
  const CommandResult missed = orchestrator(command("expect: { verdict: FAIL, gate: pass }\n"));
  EXPECT_EQ(missed.exit_code, 1);
  EXPECT_NE(missed.out.find("expected   verdict: wanted FAIL, found PASS"), std::string::npos)
      << missed.out;
}

TEST_F(PluginRun, ShowsADeclineAndWhatTheHostWouldDo) {
  const CommandResult declined = orchestrator({"plugin", "run", plugin_dir() + "/staging-runner.so",
                                               "--fixture", write("task.yaml", "{}\n").string()});
  EXPECT_EQ(declined.exit_code, 1);
  EXPECT_NE(declined.out.find("decision   declined (no_contract)"), std::string::npos)
      << declined.out;
  EXPECT_NE(declined.out.find("the next producer of the chain is asked"), std::string::npos);
}

TEST_F(PluginRun, ABrokenContractIsNoVerdict) {
  const Json answer = ask({"plugin", "run", promises("token").string(), "--fixture",
                           write("task.yaml", "{}\n").string()});
  EXPECT_EQ(exit_code_, 1);
  EXPECT_EQ(answer.at("outcome").at("outcome"), "failed_run") << answer.dump(2);
  EXPECT_TRUE(answer.at("gate").is_null());
  EXPECT_TRUE(answer.at("transition").at("to").is_null());
}

// Waits until the plugin's own program runs, and interrupts the command as Ctrl-C does.
constexpr const char* k_interrupted = R"py(
import glob, os, signal, subprocess, sys, time
def runs(folder):
    for entry in glob.glob('/proc/[0-9]*'):
        try:
            if open(entry + '/cmdline').read().startswith('sleep\0') and os.readlink(entry + '/cwd').startswith(folder):
                return True
        except OSError:
            pass
    return False
command = subprocess.Popen(sys.argv[1:])
end = time.monotonic() + 20
while not runs(os.environ['TMPDIR']) and time.monotonic() < end:
    time.sleep(0.02)
command.send_signal(signal.SIGINT)
sys.exit(command.wait(20))
)py";

TEST_F(PluginRun, AnInterruptTakesEverythingAlong) {
  const auto temporary = temp_.path() / "tmp";
  std::filesystem::create_directories(temporary);
  const CommandResult ended = run_program(
      {"/usr/bin/python3", "-c", k_interrupted, bin_dir() + "/orchestrator", "plugin", "run",
       promises("kept").string(), "--fixture", write("task.yaml", "{}\n").string()},
      temp_.path(), {{"TMPDIR", temporary.string()}});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_NE(ended.err.find("interrupted"), std::string::npos) << ended.err;
}

TEST_F(PluginRun, NamesEveryFaultOfAFixtureWithItsPlace) {
  const CommandResult wrong = orchestrator(command(
      "titel: x\nstage: tseting\nexpect: { gat: pass, outcome: suite }\nfiles: { ../x: y }\n"));
  EXPECT_EQ(wrong.exit_code, 64);
  for (const char* said :
       {"task.yaml:1:1: titel: unknown key, did you mean \"title\"?",
        "task.yaml:2:8: stage: there is no stage \"tseting\", did you mean \"testing\"?",
        "task.yaml:3:11: expect.gat: unknown key, did you mean \"gate\"?",
        "task.yaml:3:31: expect.outcome: found \"suite\"",
        "files.\"../x\": wanted a path inside"}) {
    EXPECT_NE(wrong.err.find(said), std::string::npos) << said << "\n" << wrong.err;
  }
  const CommandResult setting = orchestrator(command("settings: { smok: {} }\n"));
  EXPECT_EQ(setting.exit_code, 1);
  EXPECT_NE(setting.err.find("settings.smok: unknown setting"), std::string::npos) << setting.err;
  const CommandResult stage = orchestrator(command("stage: review\n"));
  EXPECT_EQ(stage.exit_code, 64);
  EXPECT_NE(stage.err.find("does not claim the stage review"), std::string::npos) << stage.err;
}

}  // namespace
}  // namespace orc::test
