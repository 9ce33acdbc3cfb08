// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace staging_runner {
namespace {

using namespace orchestrator::plugin;

// "SUCCESS", "FAILED", "defer 21", "hold 31".
std::string word(const Ending& ending) {
  if (const auto* ran = std::get_if<SuiteRan>(&ending))
    return ran->verdict == Verdict::success ? "SUCCESS" : "FAILED";
  if (const auto* defer = std::get_if<Defer>(&ending))
    return "defer " + std::to_string(static_cast<int>(defer->why));
  return "hold " + std::to_string(static_cast<int>(std::get<Hold>(ending).why));
}

Marks nothing() {
  return {};
}
Marks started() {
  Marks marks;
  marks.started = true;
  return marks;
}
Marks ended(int code) {
  Marks marks = started();
  marks.ended = true;
  marks.exit_code = code;
  return marks;
}
Marks trouble(const char* what) {
  Marks marks;
  marks.ended = true;
  marks.trouble = what;
  return marks;
}

struct Row {
  const char* name;
  ProcessEnd end;
  Marks marks;
  const char* ssh_stderr;
  const char* expected;
};

TEST(ClassifyRemote, GivesEveryEndingTheClassOfItsRow) {
  Marks two = ended(0);
  two.contradictory = true;
  const Row rows[] = {
      {"success", Exited{0}, ended(0), "", "SUCCESS"},
      {"failed", Exited{0}, ended(1), "", "FAILED"},
      {"ended, then the connection broke", Exited{255}, ended(1), "Connection reset", "FAILED"},
      {"another code", Exited{0}, ended(2), "", "hold 34"},
      {"the suite's own 255", Exited{0}, ended(255), "", "hold 34"},
      {"the suite's own 124", Exited{0}, ended(124), "", "hold 34"},
      {"command not executable", Exited{0}, ended(126), "", "hold 30"},
      {"command not found", Exited{0}, ended(127), "", "hold 30"},
      {"killed there", Exited{0}, ended(137), "", "defer 22"},
      {"terminated there", Exited{0}, ended(143), "", "defer 22"},
      {"two endings", Exited{0}, two, "", "hold 34"},
      {"no folder", Exited{0}, trouble("folder"), "", "hold 32"},
      {"no docker", Exited{0}, trouble("missing docker"), "", "hold 30"},
      {"dropped in mid-suite", Exited{255}, started(), "client_loop: send disconnect: Broken pipe",
       "defer 21"},
      {"dropped, with a suite that prints", Exited{255}, started(),
       "Permission denied (publickey).", "defer 21"},
      {"stopped without an ending", Exited{0}, started(), "", "hold 34"},
      {"shell killed there", Exited{137}, started(), "", "hold 34"},
      {"refused", Exited{255}, nothing(), "ssh: connect to host h port 22: Connection refused",
       "defer 21"},
      {"connect time-out", Exited{255}, nothing(),
       "ssh: connect to host h port 22: Connection timed out", "defer 21"},
      {"no route", Exited{255}, nothing(), "ssh: connect to host h port 22: No route to host",
       "defer 21"},
      {"closed", Exited{255}, nothing(),
       "kex_exchange_identification: Connection closed by remote host", "defer 21"},
      {"name server away", Exited{255}, nothing(),
       "ssh: Could not resolve hostname h: Temporary failure in name resolution", "defer 21"},
      {"no message", Exited{255}, nothing(), "", "defer 21"},
      {"unknown host", Exited{255}, nothing(),
       "ssh: Could not resolve hostname h: Name or service not known", "hold 32"},
      {"host key unknown", Exited{255}, nothing(),
       "No ED25519 host key is known for h and you have requested strict checking.\nHost key "
       "verification failed.",
       "hold 31"},
      {"host key changed", Exited{255}, nothing(),
       "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
       "hold 31"},
      {"not let in", Exited{255}, nothing(),
       "a@h: Permission denied (publickey).\nConnection closed", "hold 31"},
      {"no common algorithm", Exited{255}, nothing(),
       "Unable to negotiate: no matching key exchange method found.", "hold 32"},
      {"no shell there", Exited{127}, nothing(), "sh: not found", "hold 30"},
      {"login refused by its shell", Exited{1}, nothing(),
       "This account is currently not available.", "hold 34"},
      {"exit 0 and no sign of the suite", Exited{0}, nothing(), "", "hold 34"},
      {"time-out", TimedOut{}, started(), "", "defer 20"},
      {"cancelled", Cancelled{}, started(), "", "defer 24"},
      {"ssh killed", Signalled{SIGKILL}, started(), "", "defer 22"},
      {"no ssh", NotStarted{ENOENT, "ssh"}, nothing(), "", "hold 30"},
      {"no processes left", NotStarted{EAGAIN, "ssh"}, nothing(), "", "defer 22"},
  };
  const Settings settings;
  for (const Row& row : rows)
    EXPECT_EQ(word(classify_remote(settings, row.end, row.marks, row.ssh_stderr)), row.expected)
        << row.name;
}

TEST(ClassifyRemote, NeverDecidesWithoutBothMarks) {
  const Settings settings;
  for (int code = 0; code < 256; ++code) {
    for (const Marks& marks : {nothing(), started()}) {
      const std::string ending = word(classify_remote(settings, Exited{code}, marks, ""));
      EXPECT_NE(ending, "SUCCESS") << code;
      EXPECT_NE(ending, "FAILED") << code;
    }
  }
}

TEST(ClassifyLocal, JudgesTheExitAlone) {
  Settings settings;
  settings.success_codes = {0, 3};
  settings.failed_codes = {1, 127};
  EXPECT_EQ(word(classify_local(settings, Exited{3})), "SUCCESS");
  EXPECT_EQ(word(classify_local(settings, Exited{1})), "FAILED");
  EXPECT_EQ(word(classify_local(settings, Exited{127})), "FAILED");
  EXPECT_EQ(word(classify_local(settings, Exited{126})), "hold 30");
  EXPECT_EQ(word(classify_local(settings, Exited{2})), "hold 34");
  EXPECT_EQ(word(classify_local(settings, Exited{255})), "hold 34");
  EXPECT_EQ(word(classify_local(settings, Signalled{SIGSEGV})), "defer 22");
  EXPECT_EQ(word(classify_local(settings, TimedOut{})), "defer 20");
  EXPECT_EQ(word(classify_local(settings, NotStarted{ENOENT, ""})), "hold 30");
  EXPECT_EQ(word(classify_local(settings, NotStarted{ENOTDIR, ""})), "hold 32");
  EXPECT_EQ(word(classify_local(settings, NotStarted{EIO, ""})), "hold 34");
}

}  // namespace
}  // namespace staging_runner
