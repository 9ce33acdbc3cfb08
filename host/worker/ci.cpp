// SPDX-License-Identifier: Apache-2.0
#include "worker/ci.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/redact.h"
#include "base/text.h"
#include "jobs/worker_client.h"
#include "process/process.h"
#include "worker/isolation.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr Millis k_default_timeout{900'000};
constexpr std::size_t k_summary_lines = 5;

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

std::string last_lines(const process::RunResult& result) {
  std::vector<std::string> lines;
  for (const std::string* stream : {&result.out, &result.err}) {
    for (const std::string_view line : split(*stream, '\n')) {
      if (!trim(line).empty()) lines.push_back(printable(to_utf8(trim(line).substr(0, 500))));
    }
  }
  if (lines.size() > k_summary_lines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(k_summary_lines));
  }
  return join(lines, " | ");
}

bool lacks_resources(int error_number) {
  return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE ||
         error_number == ENFILE;
}

JobOutcome judge(const process::RunResult& result, const Session& session) {
  const std::string lines = last_lines(result);
  return std::visit(
      overloaded{
          [&](const process::Exited& e) -> JobOutcome {
            return CiResult{e.code == 0, "exit code " + std::to_string(e.code) +
                                             (lines.empty() ? "" : ": " + lines)};
          },
          [&](const process::Signalled& s) -> JobOutcome {
            return Deferred{.reason = ReasonCode::resource,
                            .text = "ended by signal " + std::to_string(s.signal)};
          },
          [&](const process::TimedOut&) -> JobOutcome {
            return Deferred{.reason = ReasonCode::timeout,
                            .text = "not finished after " + to_words(result.duration)};
          },
          [&](const process::Cancelled&) -> JobOutcome {
            const bool was_asked = session.watchdog.stop_cause() == StopCause::cancelled;
            return Deferred{.reason = was_asked ? ReasonCode::cancelled : ReasonCode::timeout,
                            .text = was_asked ? "cancelled" : "past the job's limit"};
          },
          [&](const process::NotStarted& n) -> JobOutcome {
            if (lacks_resources(n.error_number)) {
              return Deferred{.reason = ReasonCode::resource, .text = n.text};
            }
            return Held{ReasonCode::tool_missing, n.text};
          },
      },
      result.end);
}

}  // namespace

JobOutcome run_ci(Session& session, const Code& code) {
  if (code.verification.empty()) return Held{ReasonCode::config, "the task has no repository"};
  const Result<CiCommand> command = read_command(session.request.contract);
  if (!command.ok()) return Held{ReasonCode::config, command.error().message};
  const Result<Surroundings> surroundings = make_surroundings(session, code, nullptr);
  if (!surroundings.ok()) return not_isolated(surroundings.error().message);
  process::RunSpec spec;
  spec.spawn.argv = command.value().argv;
  spec.spawn.confinement = surroundings.value().confinement;
  spec.spawn.env = jobs::worker_environment(session.request.run_id);
  for (const auto& [name, value] : surroundings.value().environment) {
    process::set(spec.spawn.env, name, value);
  }
  spec.spawn.env.emplace_back("CI", "true");
  spec.spawn.cwd = code.verification;
  spec.timeout = command.value().timeout;
  spec.grace = session.request.kill_grace;
  spec.wake_fd = session.watchdog.wake_fd();
  spec.cancelled = [&session] { return session.watchdog.stop_cause().has_value(); };
  // CI is given no secret, but the branch may hold one that the host knows.
  std::array<RedactedStream, 2> streams;
  spec.on_output = [&streams](process::Stream stream, std::string_view bytes) {
    const std::string text = streams[stream == process::Stream::out ? 0 : 1].append(bytes);
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
  };
  process::RunResult result = process::run(spec);
  for (RedactedStream& stream : streams) {
    const std::string rest = stream.finish();
    (void)!::write(STDOUT_FILENO, rest.data(), rest.size());
  }
  return judge(result, session);
}

}  // namespace orc::worker
