// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

namespace test_runner {
namespace {

using namespace orchestrator::plugin;

// One word for an ending, to write tables with.
std::string word(const Ending& ending) {
  if (const auto* ran = std::get_if<SuiteRan>(&ending))
    return ran->colour == Colour::green ? "green" : "red";
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending)) {
    if (defect->why == Why::tool_missing) return "tool_missing";
    if (defect->why == Why::config) return "config";
    return defect->why == Why::contract_broken ? "contract" : "?";
  }
  if (const auto* transient = std::get_if<Transient>(&ending)) {
    if (transient->why == Why::timeout) return "timeout";
    if (transient->why == Why::cancelled) return "cancelled";
    return transient->why == Why::resource ? "resource" : "?";
  }
  return "unknown";
}

Evidence report(std::int64_t passed, std::int64_t failed, std::int64_t skipped = 0) {
  TestReport made;
  made.passed = passed;
  made.failed = failed;
  made.skipped = skipped;
  return made;
}
Evidence none(Missing kind) {
  return NoEvidence{kind, "there is no report"};
}

Suite suite(Runner runner) {
  Suite made;
  made.runner = runner;
  made.command = {runner == Runner::generic ? "./check" : std::string(name_of(runner))};
  return made;
}

// The shared table: for each runner and code what is made of a report without failures, one with
// failures, one where no test was executed, and none.
struct CodeRow {
  int code;
  std::array<const char*, 4> pytest;
  std::array<const char*, 4> ctest;
  std::array<const char*, 4> generic;
};
using Words = std::array<const char*, 4>;
constexpr Words k_pass{"green", "red", "contract", "contract"};
constexpr Words k_fail{"red", "red", "contract", "contract"};
constexpr Words k_none{"unknown", "unknown", "unknown", "unknown"};
constexpr Words k_config{"config", "config", "config", "config"};
constexpr Words k_missing{"tool_missing", "tool_missing", "tool_missing", "tool_missing"};
constexpr Words k_killed{"resource", "resource", "resource", "resource"};
constexpr Words k_contract{"contract", "contract", "contract", "contract"};

const CodeRow k_table[] = {
    {0, k_pass, k_pass, k_pass},
    {1, k_fail, k_config, k_fail},
    {2, {"unknown", "red", "contract", "unknown"}, k_none, k_none},
    {3, k_config, k_none, k_none},
    {4, k_config, k_none, k_none},
    {5, k_contract, k_none, k_none},
    {6, k_none, k_none, k_none},
    {7, k_none, k_none, k_none},
    {8, k_none, k_fail, k_none},
    {77, k_none, k_none, k_none},
    {124, k_none, k_none, k_none},
    {125, k_none, k_none, k_none},
    {126, k_missing, k_missing, k_missing},
    {127, k_missing, k_missing, k_missing},
    {129, k_killed, k_killed, k_killed},
    {130, k_killed, k_killed, k_killed},
    {134, k_none, k_none, k_none},
    {137, k_killed, k_killed, k_killed},
    {139, k_none, k_none, k_none},
    {143, k_killed, k_killed, k_killed},
    {255, k_none, k_none, k_none},
};

TEST(Classify, GivesEveryCodeTheClassOfItsRow) {
  const std::array evidences{report(3, 0), report(2, 1), report(0, 0, 3), none(Missing::absent)};
  for (const CodeRow& row : k_table) {
    for (std::size_t i = 0; i < evidences.size(); ++i) {
      SCOPED_TRACE("code " + std::to_string(row.code) + ", report " + std::to_string(i));
      const ProcessEnd end = Exited{row.code};
      EXPECT_EQ(word(classify(suite(Runner::pytest), end, evidences[i])), row.pytest[i]);
      EXPECT_EQ(word(classify(suite(Runner::ctest), end, evidences[i])), row.ctest[i]);
      EXPECT_EQ(word(classify(suite(Runner::generic), end, evidences[i])), row.generic[i]);
    }
  }
}

TEST(Classify, NeverPassesWithoutAFreshAndWellFormedReport) {
  for (int code = 0; code < 256; ++code) {
    for (const Runner runner : {Runner::pytest, Runner::ctest, Runner::generic}) {
      for (const Missing kind : {Missing::absent, Missing::stale, Missing::malformed}) {
        const std::string ending = word(classify(suite(runner), Exited{code}, none(kind)));
        EXPECT_NE(ending, "green") << code;
        EXPECT_NE(ending, "red") << code;
      }
      if (code != 0) {
        EXPECT_NE(word(classify(suite(runner), Exited{code}, report(9, 0))), "green") << code;
      }
    }
  }
}

TEST(Classify, SortsEndsThatAreNoExit) {
  const Suite made = suite(Runner::pytest);
  const Evidence full = report(3, 0);
  EXPECT_EQ(word(classify(made, TimedOut{}, full)), "timeout");
  EXPECT_EQ(word(classify(made, Cancelled{}, full)), "cancelled");
  EXPECT_EQ(word(classify(made, NotStarted{ENOENT, ""}, full)), "tool_missing");
  EXPECT_EQ(word(classify(made, NotStarted{EACCES, ""}, full)), "tool_missing");
  EXPECT_EQ(word(classify(made, NotStarted{ENOTDIR, ""}, full)), "config");
  EXPECT_EQ(word(classify(made, NotStarted{EAGAIN, ""}, full)), "resource");
  EXPECT_EQ(word(classify(made, NotStarted{ENOMEM, ""}, full)), "resource");
  EXPECT_EQ(word(classify(made, NotStarted{EIO, ""}, full)), "unknown");
  for (const int outside : {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGXCPU})
    EXPECT_EQ(word(classify(made, Signalled{outside}, report(2, 1))), "resource") << outside;
  for (const int fault : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
    EXPECT_EQ(word(classify(made, Signalled{fault}, full)), "unknown") << fault;
}

TEST(Classify, NeedsTheRequiredNumberOfExecutedTests) {
  Suite made = suite(Runner::pytest);
  made.min_tests = 5;
  EXPECT_EQ(word(classify(made, Exited{0}, report(4, 0))), "contract");
  EXPECT_EQ(word(classify(made, Exited{0}, report(5, 0))), "green");
  EXPECT_EQ(word(classify(made, Exited{0}, report(4, 0, 9))), "contract");
  EXPECT_EQ(word(classify(made, Exited{1}, report(0, 1))), "red");
}

TEST(Classify, TakesTheContractsCodesInPlaceOfTheRunners) {
  Suite made = suite(Runner::generic);
  made.pass_codes = {10};
  made.fail_codes = {3, 11};
  EXPECT_EQ(word(classify(made, Exited{10}, report(1, 0))), "green");
  EXPECT_EQ(word(classify(made, Exited{11}, report(1, 0))), "red");
  EXPECT_EQ(word(classify(made, Exited{3}, report(1, 0))), "red");
  EXPECT_EQ(word(classify(made, Exited{0}, report(1, 0))), "unknown");
  EXPECT_EQ(word(classify(made, Exited{1}, report(1, 0))), "unknown");
}

TEST(Classify, Takes124ForATimeOutOnlyFromTimeout) {
  Suite made = suite(Runner::generic);
  made.command = {"/usr/bin/timeout", "10", "./check"};
  EXPECT_EQ(word(classify(made, Exited{124}, report(1, 0))), "timeout");
  made.command = {"./check"};
  EXPECT_EQ(word(classify(made, Exited{124}, report(1, 0))), "unknown");
}

TEST(ClassifyStep, NeverReadsAFailedStepAsRed) {
  EXPECT_FALSE(classify_step("the build", Exited{0}).has_value());
  EXPECT_EQ(word(*classify_step("the build", Exited{1})), "unknown");
  EXPECT_EQ(word(*classify_step("the build", NotStarted{ENOENT, ""})), "tool_missing");
  EXPECT_EQ(word(*classify_step("the build", TimedOut{})), "timeout");
  EXPECT_EQ(word(*classify_step("the build", Signalled{SIGKILL})), "resource");
  EXPECT_EQ(word(*classify_step("the build", Signalled{SIGSEGV})), "unknown");
}

// The table that people read is the one that decides.
TEST(Classify, HasTheTableOfThePageOnTestEvidence) {
  constexpr std::array k_columns{Runner::pytest, Runner::ctest, Runner::node, Runner::go,
                                 Runner::cargo,  Runner::maven, Runner::make, Runner::generic};
  std::ifstream page(PLUGIN_SOURCE_DIR "/../../docs/test-evidence.md");
  std::vector<int> codes;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| ", 0) != 0 || std::isdigit(static_cast<unsigned char>(line[2])) == 0)
      continue;
    std::istringstream cells(line.substr(1));
    std::string cell;
    std::getline(cells, cell, '|');
    codes.push_back(std::stoi(cell));
    for (const Runner runner : k_columns) {
      std::getline(cells, cell, '|');
      EXPECT_EQ(cell, " " + std::string(name_of(meaning_of(runner, codes.back()))) + " ")
          << name_of(runner) << ", code " << codes.back();
    }
  }
  EXPECT_EQ(codes, codes_with_a_row());
}

}  // namespace
}  // namespace test_runner
