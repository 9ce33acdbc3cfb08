// SPDX-License-Identifier: Apache-2.0
#include "smoke.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "report_text.h"

namespace test_runner {

namespace {

using Json = nlohmann::json;
using namespace orchestrator::plugin;
using report_text::one_line;

// What each answer must be, beside status 200 and JSON.
struct Question {
  const char* path;
  const char* member;  // that the object must hold; empty: none
};
constexpr std::array k_questions{Question{"/health", ""}, Question{"/status", ""},
                                 Question{"/queue", "serial_gate"}};

// curl's exit codes (its manual): nobody was reached, or the answer did not come in time.
struct CurlRow {
  int code;
  Why why;
  bool is_passing;
};
constexpr std::array k_curl{CurlRow{3, Why::config, false},      CurlRow{6, Why::config, false},
                            CurlRow{7, Why::network, true},      CurlRow{28, Why::timeout, true},
                            CurlRow{35, Why::network, true},     CurlRow{52, Why::network, true},
                            CurlRow{55, Why::network, true},     CurlRow{56, Why::network, true},
                            CurlRow{60, Why::credentials, false}};

std::optional<Ending> trouble(const ProcessResult& result, const std::string& url) {
  if (auto ending = classify_step("the question to " + url, result.end)) {
    const auto* const exited = std::get_if<Exited>(&result.end);
    if (exited == nullptr) return ending;
    for (const CurlRow& row : k_curl) {
      if (row.code != exited->code) continue;
      const std::string text = url + " was not reached: " + one_line(result.err, 200);
      return row.is_passing ? Ending(Transient{row.why, text})
                            : Ending(EnvironmentDefect{row.why, text});
    }
    return Unknown{"curl ended with code " + std::to_string(exited->code) + " at " + url + ": " +
                   one_line(result.err, 200)};
  }
  return std::nullopt;
}

// The status is what --write-out put on the last line.
std::string status_of(const std::string& output) {
  const std::size_t line = output.rfind('\n');
  return line == std::string::npos ? "" : output.substr(line + 1);
}

// A gateway or a host that starts or drains: not now.
bool is_passing_status(const std::string& output) {
  const std::string status = status_of(output);
  return status == "502" || status == "503" || status == "504";
}

SmokeAnswer judge(const Question& question, const std::string& output) {
  const std::string status = status_of(output);
  const std::string body = output.substr(0, output.rfind('\n'));
  if (status != "200") return {question.path, false, "status " + one_line(status, 20)};
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return {question.path, false, "no JSON object"};
  if (*question.member != '\0' && !answer.contains(question.member))
    return {question.path, false, std::string("no ") + question.member};
  return {question.path, true, "200"};
}

}  // namespace

Smoke look_at_instance(const SmokeSettings& settings, Host& host) {
  std::vector<SmokeAnswer> answers;
  for (const Question& question : k_questions) {
    const std::string url = settings.url + question.path;
    Process curl;
    curl.argv = {"curl",         "--silent",    "--show-error",   "--noproxy", "*",
                 "--max-redirs", "0",           "--max-filesize", "1048576",   "--proto",
                 "=http,https",  "--write-out", "\n%{http_code}", "--",        url};
    curl.cwd = "/";
    curl.timeout = settings.timeout;
    const ProcessResult result = host.run(curl);
    if (auto ending = trouble(result, url)) return *std::move(ending);
    if (is_passing_status(result.out))
      return Transient{Why::network, url + " answered that it cannot answer now"};
    answers.push_back(judge(question, result.out));
  }
  return answers;
}

}  // namespace test_runner
