// SPDX-License-Identifier: Apache-2.0
// How real tools really ended, as endings/record.py wrote it down, against what a person said that
// it means.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "classify.h"
#include "evidence.h"
#include "fixture.h"

namespace test_runner {
namespace {

using Json = nlohmann::json;
using namespace orchestrator::plugin;

namespace fs = std::filesystem;

struct Recorded {
  std::string name;  // "pytest: one of two fails"
  Json row;
};

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all = [] {
    std::vector<Recorded> rows;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(PLUGIN_SOURCE_DIR "/tests/endings"))
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      std::ifstream lines(file);
      for (std::string line; std::getline(lines, line);) {
        Json row = Json::parse(line);
        const std::string name =
            row.at("runner").get<std::string>() + ": " + row.at("case").get<std::string>();
        rows.push_back({name, std::move(row)});
      }
    }
    return rows;
  }();
  return all;
}

ProcessEnd end_of(const Json& ended) {
  if (ended.contains("exit")) return Exited{ended.at("exit").get<int>()};
  if (ended.contains("signal")) return Signalled{ended.at("signal").get<int>()};
  if (ended.contains("timeout")) return TimedOut{};
  return NotStarted{ended.at("not_started").get<int>(), "not started"};
}

Runner runner_named(const std::string& name) {
  for (const Runner runner : {Runner::pytest, Runner::ctest, Runner::node, Runner::go,
                              Runner::cargo, Runner::maven, Runner::make, Runner::generic})
    if (name_of(runner) == name) return runner;
  ADD_FAILURE() << "no runner " << name;
  return Runner::generic;
}

// The recorded run again, as far as the evidence goes.
Ending replay(const Json& row) {
  const test::ScratchFolder folder;
  const fs::path checkout = folder.path() / "checkout";
  const fs::path scratch = folder.path() / "scratch";
  fs::create_directories(checkout);
  fs::create_directories(scratch);
  Suite suite;
  suite.runner = runner_named(row.at("runner"));
  suite.report = report_of(suite.runner);
  suite.junit = "{scratch}/junit.xml";
  suite.command = row.at("argv").get<std::vector<std::string>>();
  EvidenceSource source(suite, checkout, scratch.string());
  for (const auto& [path, text] : row.at("reports").items()) {
    const std::string full = with_scratch(path, scratch.string());
    const fs::path file = full == path ? checkout / path : fs::path(full);
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text.get<std::string>();
  }
  const std::string out = row.at("out");
  source.take(Stream::err, row.at("err").get<std::string>());
  source.take(Stream::out, out);
  return classify(suite, end_of(row.at("ended")), source.read(out));
}

std::string word(const Ending& ending) {
  if (const auto* ran = std::get_if<SuiteRan>(&ending))
    return ran->colour == Colour::green ? "green" : "red";
  static const std::map<Why, std::string> k_words{
      {Why::tool_missing, "tool_missing"}, {Why::config, "config"},
      {Why::contract_broken, "contract"},  {Why::timeout, "timeout"},
      {Why::resource, "resource"},         {Why::cancelled, "cancelled"}};
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending)) return k_words.at(defect->why);
  if (const auto* transient = std::get_if<Transient>(&ending)) return k_words.at(transient->why);
  return "unknown";
}
std::string text(const Ending& ending) {
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending)) return defect->text;
  if (const auto* transient = std::get_if<Transient>(&ending)) return transient->text;
  const auto* const unknown = std::get_if<Unknown>(&ending);
  return unknown == nullptr ? "" : unknown->text;
}

TEST(Endings, AreManyOfEveryRunner) {
  std::map<std::string, int> counts;
  for (const Recorded& each : recorded()) ++counts[each.row.at("runner")];
  EXPECT_EQ(counts.size(), 8U);
  for (const auto& [runner, count] : counts) EXPECT_GE(count, 12) << runner;
  EXPECT_GE(recorded().size(), 120U);
}

TEST(Endings, AreClassifiedAsAPersonSaid) {
  for (const Recorded& each : recorded()) {
    const Ending ending = replay(each.row);
    EXPECT_EQ(word(ending), each.row.at("expect").get<std::string>())
        << each.name << ", ended " << each.row.at("ended") << ": " << text(ending);
  }
}

TEST(Endings, OfTheEnvironmentAreNeverRedAndRedOnesNeverTheEnvironments) {
  for (const Recorded& each : recorded()) {
    const bool says_red = each.row.at("expect") == "red";
    const bool is_red = word(replay(each.row)) == "red";
    EXPECT_EQ(is_red, says_red) << each.name;
  }
}

}  // namespace
}  // namespace test_runner
