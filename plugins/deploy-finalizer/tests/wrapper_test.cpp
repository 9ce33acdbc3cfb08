// SPDX-License-Identifier: Apache-2.0
#include "wrapper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/testing.hpp>

#include "deployment.h"
#include "shell.h"

namespace deploy_finalizer {
namespace {

namespace fs = std::filesystem;
using orchestrator::plugin::test::ScratchFolder;
using test::eventually;
using test::Started;

class Wrapper : public testing::Test {
 protected:
  Wrapper() { EXPECT_TRUE(folder.make_current(intent)); }
  std::vector<std::string> argv(const std::vector<std::string>& command) const {
    return wrapper_argv(folder.folder(intent), intent.id, limits, command);
  }
  void run(const std::vector<std::string>& command) { Started(argv(command)).wait(); }
  Sighting look() const { return folder.look(intent); }
  int exit_code() const {
    const Sighting sighting = look();
    const auto* finished = std::get_if<Finished>(&sighting);
    return finished == nullptr ? -1 : finished->exit_code;
  }
  std::string marks() const { return (state.path() / "marks").string(); }
  std::size_t deploys() const {
    std::error_code none;
    const auto size = fs::file_size(marks(), none);
    return none ? 0 : size;
  }
  // Leaves one byte for every time it is executed.
  std::vector<std::string> marking(const std::string& then) const {
    return {"/bin/sh", "-c", "printf x >> \"$1\"; " + then, "sh", marks()};
  }

  ScratchFolder state;
  DeploymentFolder folder{state.path().string()};
  Intent intent{"deploy-1", "abc", "1", 0};
  WrapperLimits limits{std::chrono::seconds(60), std::chrono::seconds(1)};
};

TEST_F(Wrapper, LeavesExitCodeAndOutput) {
  run(marking("echo hello; echo problem >&2; exit 3"));
  EXPECT_EQ(exit_code(), 3);
  EXPECT_EQ(folder.output_tail(intent, 100), "hello\nproblem\n");
  EXPECT_EQ(folder.output_tail(intent, 4), "lem\n");
}

TEST_F(Wrapper, PassesArgumentsThatNoShellReads) {
  run({"/usr/bin/printf", "%s|", "$(reboot)", "a b", "`x`", "\"'"});
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(folder.output_tail(intent, 100), "$(reboot)|a b|`x`|\"'|");
}

TEST_F(Wrapper, RunsTheCommandOnceHoweverOftenItIsStarted) {
  {
    Started first(argv(marking("true")));
    Started second(argv(marking("true")));
    Started third(argv(marking("true")));
    first.wait();
    second.wait();
    third.wait();
  }
  run(marking("true"));
  EXPECT_EQ(deploys(), 1U);
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(Wrapper, IsSeenWhileItOrItsCommandRunsAndMissedWhenBothAreKilled) {
  Started wrapper(argv(marking("echo $$ > \"$1.pid\"; exec sleep 60")));
  pid_t command = 0;
  ASSERT_TRUE(eventually([&] { return !!(std::ifstream(marks() + ".pid") >> command); }));
  EXPECT_TRUE(std::holds_alternative<Running>(look()));
  wrapper.kill();
  wrapper.wait();
  EXPECT_TRUE(std::holds_alternative<Running>(look())) << "the command goes on, under its limit";
  EXPECT_EQ(::kill(-::getpgid(command), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return std::holds_alternative<Vanished>(look()); }));
  run(marking("true"));
  EXPECT_EQ(deploys(), 1U) << "a deploy of unknown end was repeated";
}

TEST_F(Wrapper, IsNotTakenForAliveBecauseTheServiceItStartedLives) {
  run(marking("sleep 60 > /dev/null 2>&1 & echo $! > \"$1.pid\""));
  EXPECT_EQ(exit_code(), 0);
  fs::remove(folder.folder(intent) + "/result");
  EXPECT_TRUE(std::holds_alternative<Vanished>(look()));
  pid_t service = 0;
  std::ifstream(marks() + ".pid") >> service;
  ASSERT_GT(service, 0);
  ::kill(service, SIGKILL);
}

TEST_F(Wrapper, EndsACommandThatIsPastItsTimeWithWhatItStarted) {
  limits = {std::chrono::milliseconds(200), std::chrono::milliseconds(200)};
  run(marking("sleep 60 & echo $! > \"$1.pid\"; wait"));
  EXPECT_EQ(exit_code(), 124);
  pid_t sleeper = 0;
  std::ifstream(marks() + ".pid") >> sleeper;
  ASSERT_GT(sleeper, 0);
  EXPECT_TRUE(eventually([&] { return ::kill(sleeper, 0) != 0; }));
}

TEST_F(Wrapper, EndsACommandThatIsDeafToTheFirstSignal) {
  limits = {std::chrono::milliseconds(200), std::chrono::milliseconds(200)};
  run(marking("trap '' TERM; while :; do sleep 1; done"));
  EXPECT_EQ(exit_code(), 137);
  EXPECT_EQ(deploys(), 1U);
}

TEST_F(Wrapper, LeavesAServiceInASessionOfItsOwnAloneAtTheLimit) {
  limits = {std::chrono::milliseconds(300), std::chrono::milliseconds(200)};
  run(marking("setsid sh -c 'echo $$ > \"$0.pid\"; exec sleep 60' \"$1\" & sleep 60"));
  EXPECT_EQ(exit_code(), 124);
  pid_t service = 0;
  std::ifstream(marks() + ".pid") >> service;
  ASSERT_GT(service, 0);
  EXPECT_EQ(::kill(service, SIGKILL), 0);
}

TEST_F(Wrapper, SaysThatItFoundNothingToRun) {
  run({"/no/such/program"});
  EXPECT_TRUE(std::holds_alternative<ProgramMissing>(look()));
}

TEST_F(Wrapper, DoesNothingForADeploymentThatWasForestalled) {
  EXPECT_TRUE(folder.forestall(intent));
  EXPECT_FALSE(folder.forestall(intent));
  run(marking("true"));
  EXPECT_EQ(deploys(), 0U);
}

TEST_F(Wrapper, DoesNothingWithoutItsFolder) {
  fs::remove_all(folder.folder(intent));
  run(marking("true"));
  EXPECT_EQ(deploys(), 0U);
}

TEST_F(Wrapper, ResultsThatAreNotItsOwnAreNotBelieved) {
  for (const std::string text :
       {"", "exit 0\n", "deploy-2 exit 0\n", "deploy-1", "deploy-1 \n", "deploy-1 exit",
        "deploy-1 exit ", "deploy-1 exit 0", "deploy-1 exit -1\n", "deploy-1 exit 256\n",
        "deploy-1 exit 0\nmore\n", "deploy-1 SUCCESS\n", "deploy-1 exit 0x\n",
        "deploy-1  exit 0\n", "deploy-11 exit 0\n", "deploy-1 exit 99999\n"}) {
    std::ofstream(folder.folder(intent) + "/result") << text;
    EXPECT_TRUE(std::holds_alternative<Damaged>(look())) << text;
  }
}

TEST_F(Wrapper, AnIntentThatCannotBeReadIsNotNone) {
  for (const char* text :
       {"", "{}", "{\"id\":1}", "null", R"({"id":"../x","commit":"","job":"","created_ms":1})"}) {
    std::ofstream(state.path() / "intent.json") << text;
    EXPECT_TRUE(std::holds_alternative<Damaged>(folder.current())) << text;
  }
}

}  // namespace
}  // namespace deploy_finalizer
