// SPDX-License-Identifier: Apache-2.0
#include "lines_check.h"

#include <gtest/gtest.h>

#include <orchestrator/plugin/testing.hpp>

namespace lines_check {
namespace {

using namespace orchestrator::plugin;

class LinesCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    request_.verification = "/checkout";
    ASSERT_EQ(plugin_.configure(R"({"most_lines":100})"), std::nullopt);
  }
  Outcome produce() { return plugin_.produce(request_.build(), host_); }

  test::FakeHost host_;
  test::RequestBuilder request_;
  LinesCheck plugin_;
};

TEST_F(LinesCheckTest, PassesShortFiles) {
  host_.will_run(test::exited(0, "  40 ./a.cpp\n 100 ./b c.cpp\n 140 total\n"));
  const Outcome outcome = produce();
  EXPECT_EQ(std::get<Verdict>(outcome).token, "PASS");
  EXPECT_EQ(host_.runs.at(0).cwd, "/checkout");
}

TEST_F(LinesCheckTest, FailsALongFileAndNamesIt) {
  host_.will_run(test::exited(0, " 101 ./b c.cpp\n"));
  const Outcome outcome = produce();
  EXPECT_EQ(std::get<Verdict>(outcome).token, "FAIL");
  EXPECT_NE(std::get<Verdict>(outcome).summary.find("./b c.cpp has 101"), std::string::npos);
}

TEST_F(LinesCheckTest, AnEmptyCheckoutIsNoPass) {
  host_.will_run(test::exited(0, ""));
  EXPECT_EQ(std::get<Verdict>(produce()).token, "BLOCKED");
}

TEST_F(LinesCheckTest, AFaultOfTheMachineIsNeverAFail) {
  for (const ProcessResult& result :
       {test::timed_out(), test::signalled(9), test::not_started(EAGAIN)}) {
    host_.will_run(result);
    EXPECT_TRUE(std::holds_alternative<Defer>(produce()));
  }
  for (const ProcessResult& result : {test::not_started(ENOENT), test::exited(1)}) {
    host_.will_run(result);
    EXPECT_TRUE(std::holds_alternative<Hold>(produce()));
  }
}

TEST_F(LinesCheckTest, DeclinesATaskWithoutARepository) {
  request_.verification.clear();
  const Answer answer = plugin_.accepts(request_.build());
  EXPECT_EQ(std::get<Decline>(answer).why, Why::no_contract);
}

}  // namespace
}  // namespace lines_check
