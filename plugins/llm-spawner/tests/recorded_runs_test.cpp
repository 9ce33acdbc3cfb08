// SPDX-License-Identifier: Apache-2.0
// Every recorded run of a real program is read right: how it ended, and what it used.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/testing.hpp>
#include <set>
#include <sstream>

#include "classify.h"

namespace llm_spawner {
namespace {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;

const fs::path k_fixtures = fs::path(PLUGIN_SOURCE_DIR) / "tests/fixtures";

struct RecordedRun {
  std::string program;
  std::string name;
  std::string process_end;  // "exit:1", "SIGTERM", "timeout", "cancel"
  std::string artifact;
  std::string end;
  std::string input, output, cache_read, cache_write, turns, cost_usd;  // "-": unknown
};

std::vector<RecordedRun> recorded_runs() {
  std::ifstream in(k_fixtures / "recorded_runs.txt");
  std::vector<RecordedRun> runs;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    RecordedRun run;
    words >> run.program >> run.name >> run.process_end >> run.artifact >> run.end >> run.input >>
        run.output >> run.cache_read >> run.cache_write >> run.turns >> run.cost_usd;
    EXPECT_FALSE(words.fail()) << line;
    runs.push_back(run);
  }
  return runs;
}

sdk::ProcessEnd process_end(const RecordedRun& run) {
  if (run.process_end == "timeout") return sdk::TimedOut{};
  if (run.process_end == "cancel") return sdk::Cancelled{};
  if (run.process_end == "SIGTERM") return sdk::Signalled{SIGTERM};
  EXPECT_EQ(run.process_end.substr(0, 5), "exit:") << run.program << " " << run.name;
  return sdk::Exited{std::stoi(run.process_end.substr(5))};
}

RunEvidence replay(const RecordedRun& run) {
  const Dialect dialect = find_preset(run.program)->dialect;
  std::ifstream in(k_fixtures / run.program / (run.name + ".jsonl"));
  EXPECT_TRUE(in.good()) << run.program << " " << run.name;
  const auto reader = make_reader(dialect);
  bool spoke = false;
  for (std::string line; std::getline(in, line);) {
    spoke = true;
    reader->read(line);
  }
  return {dialect, reader->report(), spoke, ""};
}

template <typename Number>
std::string shown(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "-";
}

class RecordedRuns : public testing::TestWithParam<RecordedRun> {};

TEST_P(RecordedRuns, AreReadRight) {
  const RecordedRun& run = GetParam();
  const RunEvidence evidence = replay(run);
  EXPECT_EQ(rule_of(classify(process_end(run), evidence).end).name, run.end);
  const Usage& usage = evidence.report.usage;
  EXPECT_EQ(shown(usage.input), run.input);
  EXPECT_EQ(shown(usage.output), run.output);
  EXPECT_EQ(shown(usage.cache_read), run.cache_read);
  EXPECT_EQ(shown(usage.cache_write), run.cache_write);
  EXPECT_EQ(shown(usage.turns), run.turns);
  ASSERT_EQ(usage.cost_usd.has_value(), run.cost_usd != "-");
  if (usage.cost_usd) {
    EXPECT_NEAR(*usage.cost_usd, std::stod(run.cost_usd), 1e-6);
  }
}

// Without the host's own word, what the host had done can only look like an outside kill, a lost
// answer or a crash: never like success.
TEST_P(RecordedRuns, ThatWereEndedNeverLookLikeAVerdict) {
  const RecordedRun& run = GetParam();
  if (run.process_end != "timeout" && run.process_end != "cancel") return;
  const RunEvidence evidence = replay(run);
  for (const int code : {0, 1, 130, 143}) {
    EXPECT_NE(classify(sdk::Exited{code}, evidence).end, AgentEnd::ok) << code;
  }
}

std::string case_name(const testing::TestParamInfo<RecordedRun>& info) {
  std::string name = info.param.program + "_" + info.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, RecordedRuns, testing::ValuesIn(recorded_runs()), case_name);

TEST(RecordedRunsTable, HasARowForEveryRecording) {
  std::set<std::string> rows;
  for (const RecordedRun& run : recorded_runs())
    rows.insert(run.program + "/" + run.name + ".jsonl");
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(k_fixtures)) {
    if (entry.path().extension() != ".jsonl") continue;
    files.insert(fs::relative(entry.path(), k_fixtures).string());
  }
  EXPECT_EQ(rows, files);
  EXPECT_GE(rows.size(), 120U);
}

}  // namespace
}  // namespace llm_spawner
