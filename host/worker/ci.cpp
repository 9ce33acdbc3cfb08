// SPDX-License-Identifier: Apache-2.0
#include "worker/ci.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "worker/command.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr Millis k_default_timeout{900'000};

struct CiCommand {
  std::vector<std::string> argv;
  Millis timeout = k_default_timeout;
};

Result<CiCommand> read_command(const std::string& contract) {
  return guard("ci contract", [&]() -> Result<CiCommand> {
    const json block = json::parse(contract).value("ci", json::object());
    CiCommand command{.argv = block.value("command", std::vector<std::string>{})};
    if (command.argv.empty())
      return Error{ErrorKind::malformed, "the repository has no ci.command"};
    if (!block.contains("timeout")) return command;
    const json& timeout = block.at("timeout");
    const auto ms = timeout.is_string() ? parse_duration_ms(timeout.get<std::string>())
                                        : std::optional<long long>();
    if (!ms || *ms <= 0) return Error{ErrorKind::malformed, "ci.timeout is not a duration"};
    command.timeout = Millis{*ms};
    return command;
  });
}

}  // namespace

JobOutcome run_ci(Session& session, const Code& code) {
  if (code.verification.empty()) return Held{ReasonCode::config, "the task has no repository"};
  const Result<CiCommand> command = read_command(session.request.contract);
  if (!command.ok()) return Held{ReasonCode::config, command.error().message};
  auto end = run_command(
      session, {command.value().argv, &code, code.verification, command.value().timeout});
  if (auto* refused = std::get_if<JobOutcome>(&end)) return std::move(*refused);
  const CommandEnd& ran = *std::get_if<CommandEnd>(&end);
  return CiResult{ran.exit_code == 0, "exit code " + std::to_string(ran.exit_code) +
                                          (ran.last_lines.empty() ? "" : ": " + ran.last_lines)};
}

}  // namespace orc::worker
