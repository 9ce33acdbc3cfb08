// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <orchestrator/plugin/testing.hpp>

namespace orchestrator::plugin::test {
namespace {

int code_of(const ProcessResult& result) {
  const auto* ended = std::get_if<Exited>(&result.end);
  return ended == nullptr ? -1 : ended->code;
}

TEST(FakeHost, AnswersInOrderUnlessARuleFits) {
  FakeHost host;
  host.will_run(exited(1));
  host.will_run(exited(2));
  host.when("ssh", exited(255, "", "refused"));
  EXPECT_EQ(code_of(host.run({.argv = {"pytest"}})), 1);
  EXPECT_EQ(code_of(host.run({.argv = {"/usr/bin/ssh", "host"}})), 255);
  EXPECT_EQ(code_of(host.run({.argv = {"pytest"}})), 2);
  const ProcessResult unscripted = host.run({.argv = {"pytest"}});
  EXPECT_EQ(std::get<NotStarted>(unscripted.end).error_number, ENOENT);
  EXPECT_EQ(host.runs.size(), 4u);
  EXPECT_EQ(host.runs[1].argv[1], "host");
}

TEST(FakeHost, StreamsWhatItWasTold) {
  FakeHost host;
  host.will_run(exited(0, "out", "err"));
  std::string seen;
  Process process{.argv = {"x"}};
  process.on_output = [&](Stream stream, std::string_view bytes) {
    seen += std::to_string(static_cast<int>(stream)) + std::string(bytes);
  };
  host.run(process);
  EXPECT_EQ(seen, "1out2err");
}

TEST(FakeHost, ItsClockMovesWhenItIsTurned) {
  FakeHost host;
  const Milliseconds before = host.now();
  host.remaining_ms = Milliseconds(10);
  host.advance(Milliseconds(25));
  EXPECT_EQ(host.now() - before, Milliseconds(25));
  EXPECT_EQ(host.remaining(), Milliseconds(0));
}

TEST(FakeHost, CollectsWhatThePluginGives) {
  FakeHost host;
  host.log(Level::warning, "careful now");
  EXPECT_TRUE(host.logged("careful"));
  EXPECT_TRUE(host.write_aux("junit.xml", "<x/>"));
  EXPECT_EQ(host.aux_files.at("junit.xml"), "<x/>");
  EXPECT_TRUE(std::filesystem::is_directory(host.state_dir()));
  host.cancel();
  EXPECT_TRUE(host.cancelled());
}

}  // namespace
}  // namespace orchestrator::plugin::test
