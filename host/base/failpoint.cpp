// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.h"

#if ORCH_FAILPOINTS

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "base/unique_fd.h"

namespace orc {

namespace {

constexpr int k_exit_usage = 64;
constexpr const char* k_plan_variable = "ORCH_FAILPOINT";
constexpr const char* k_once_variable = "ORCH_FAILPOINT_ONCE";

enum class Action : unsigned char { kill, stop, error };

struct Plan {
  FailpointRow row;
  Action action = Action::kill;
  long long nth = 1;
  std::string once;
};

[[noreturn]] void refuse(const std::string& value) {
  std::fprintf(stderr, "%s=%s: wanted NAME:kill|stop|error[:NTH]; names:", k_plan_variable,
               value.c_str());
  for (const FailpointRow& row : k_failpoints)
    std::fprintf(stderr, " %s", std::string(row.name).c_str());
  std::fputc('\n', stderr);
  std::_Exit(k_exit_usage);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
  return value == nullptr ? "" : value;
}

FailpointRow find_row(std::string_view name, const std::string& value) {
  for (const FailpointRow& row : k_failpoints) {
    if (row.name == name) return row;
  }
  refuse(value);
}

Action find_action(std::string_view name, const std::string& value) {
  if (name == "kill") return Action::kill;
  if (name == "stop") return Action::stop;
  if (name == "error") return Action::error;
  refuse(value);
}

std::optional<Plan> read_plan() {
  const std::string value = variable(k_plan_variable);
  if (value.empty()) return std::nullopt;
  const std::size_t action = value.find(':');
  if (action == std::string::npos) refuse(value);
  const std::size_t nth = value.find(':', action + 1);
  Plan plan{
      .row = find_row(std::string_view(value).substr(0, action), value),
      .action = find_action(std::string_view(value).substr(
                                action + 1, nth == std::string::npos ? nth : nth - action - 1),
                            value),
      .once = variable(k_once_variable)};
  if (nth == std::string::npos) return plan;
  const auto count = parse_integer(std::string_view(value).substr(nth + 1));
  if (!count || *count < 1) refuse(value);
  plan.nth = *count;
  return plan;
}

// Only the process that makes the file goes through.
bool is_first(const std::string& file) {
  return file.empty() ||
         UniqueFd(::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
}

}  // namespace

Status reach(Failpoint point) {
  static const std::optional<Plan> plan = read_plan();
  if (!plan || plan->row.point != point) return Done{};
  static std::atomic<long long> passes{0};
  if (++passes != plan->nth || !is_first(plan->once)) return Done{};
  switch (plan->action) {
    case Action::kill:
      ::kill(::getpid(), SIGKILL);
      break;
    case Action::stop:
      ::kill(::getpid(), SIGSTOP);
      break;
    case Action::error:
      return Error{ErrorKind::unavailable, "fail-point " + std::string(plan->row.name)};
  }
  return Done{};
}

std::vector<std::pair<std::string, std::string>> failpoint_environment() {
  std::vector<std::pair<std::string, std::string>> set;
  for (const char* name : {k_plan_variable, k_once_variable}) {
    if (const std::string value = variable(name); !value.empty()) set.emplace_back(name, value);
  }
  return set;
}

}  // namespace orc

#endif
