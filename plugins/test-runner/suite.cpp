// SPDX-License-Identifier: Apache-2.0
#include "suite.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detect.h"
#include "report_text.h"

namespace test_runner {

namespace {

using report_text::parse_duration;

using Json = nlohmann::json;

bool stays_inside(const std::filesystem::path& path) {
  if (path.is_absolute()) return false;
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

std::string required_text(const Json& value, const char* key) {
  if (!value.is_string()) throw NoSuite{std::string("test.") + key + " is not a text"};
  return value.get<std::string>();
}

std::vector<int> codes(const Json& test, const char* key) {
  if (!test.contains("exit_codes") || !test.at("exit_codes").contains(key)) return {};
  return test.at("exit_codes").at(key).get<std::vector<int>>();
}

std::chrono::milliseconds timeout_of(const Json& value) {
  const auto timeout = parse_duration(required_text(value, "timeout"));
  if (!timeout || timeout->count() == 0) throw NoSuite{"test.timeout is no duration such as 900s"};
  return *timeout;
}

void insert_after(std::vector<std::string>& command, std::string_view word,
                  const std::vector<std::string>& more) {
  const auto at = std::find(command.begin(), command.end(), word);
  command.insert(at == command.end() ? at : at + 1, more.begin(), more.end());
}

// Where a known runner is told to leave its report, if the contract does not say.
void own_report(Suite& suite) {
  std::vector<std::string>& command = suite.command;
  suite.report = report_of(suite.runner);
  if (suite.report == ReportKind::junit) suite.junit = "{scratch}/junit.xml";
  switch (suite.runner) {
    case Runner::pytest:
      command.push_back("--junitxml=" + suite.junit);
      return;
    case Runner::ctest:
      command.insert(command.end(), {"--output-junit", suite.junit});
      return;
    case Runner::node:
      insert_after(command, "--test",
                   {"--test-reporter=junit", "--test-reporter-destination=" + suite.junit,
                    "--test-reporter=spec", "--test-reporter-destination=stdout"});
      return;
    case Runner::go:
      if (std::find(command.begin(), command.end(), "-json") == command.end())
        insert_after(command, "test", {"-json"});
      return;
    case Runner::cargo:
    case Runner::maven:
    case Runner::make:
      return;
    case Runner::generic:
      throw NoSuite{"test.evidence.junit is missing: only a report shows that the tests ran"};
  }
}

Suite read_contract(const Json& test) {
  Suite suite;
  suite.source = "contract";
  suite.command = test.at("command").get<std::vector<std::string>>();
  if (suite.command.empty() || suite.command.front().empty())
    throw NoSuite{"test.command names no program"};
  suite.runner = runner_of(suite.command);
  if (test.contains("cwd")) suite.cwd = required_text(test.at("cwd"), "cwd");
  if (test.contains("timeout")) suite.timeout = timeout_of(test.at("timeout"));
  if (test.contains("env")) {
    for (const auto& [name, value] : test.at("env").items())
      suite.env.emplace_back(name, value.get<std::string>());
  }
  suite.pass_codes = codes(test, "pass");
  suite.fail_codes = codes(test, "fail");
  const Json evidence = test.value("evidence", Json::object());
  suite.min_tests = std::max<std::int64_t>(1, evidence.value("min_tests", std::int64_t{1}));
  suite.junit = evidence.value("junit", "");
  if (suite.junit.empty()) own_report(suite);
  if (!stays_inside(suite.cwd)) throw NoSuite{"test.cwd leaves the repository"};
  if (!stays_inside(suite.junit)) throw NoSuite{"test.evidence.junit leaves the repository"};
  return suite;
}

}  // namespace

std::variant<Suite, NoSuite> find_suite(std::string_view contract,
                                        const std::filesystem::path& checkout) {
  try {
    const Json block = contract.empty() ? Json::object() : Json::parse(contract);
    if (block.contains("test") && block.at("test").contains("command"))
      return read_contract(block.at("test"));
    return detect_suite(checkout);
  } catch (const NoSuite& none) {
    return none;
  } catch (const Json::exception& error) {
    return NoSuite{std::string("the test contract is not usable: ") + error.what()};
  }
}

std::string with_scratch(std::string text, std::string_view scratch) {
  constexpr std::string_view k_placeholder = "{scratch}";
  for (std::size_t at = text.find(k_placeholder); at != std::string::npos;
       at = text.find(k_placeholder, at + scratch.size()))
    text.replace(at, k_placeholder.size(), scratch);
  return text;
}

}  // namespace test_runner
