// SPDX-License-Identifier: Apache-2.0
#include "worker/command.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/redact.h"
#include "base/text.h"
#include "jobs/worker_client.h"
#include "worker/isolation.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_summary_lines = 5;

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

}  // namespace

std::vector<std::string> filled_in(std::vector<std::string> argv, const Placeholders& values) {
  for (std::string& word : argv) {
    for (std::size_t at = 0; at < word.size(); ++at) {
      for (const auto& [placeholder, value] : values) {
        if (word.compare(at, placeholder.size(), placeholder) != 0) continue;
        word.replace(at, placeholder.size(), value);
        at += value.size() - 1;
        break;
      }
    }
  }
  return argv;
}

std::variant<CommandEnd, JobOutcome> run_command(Session& session,
                                                 const ConfiguredCommand& command) {
  using End = std::variant<CommandEnd, JobOutcome>;
  process::RunSpec spec;
  spec.spawn.argv = command.argv;
  spec.spawn.env = jobs::worker_environment(session.request.run_id);
  if (command.confined_to != nullptr) {
    const Result<Surroundings> surroundings =
        make_surroundings(session, *command.confined_to, nullptr);
    if (!surroundings.ok()) return End(not_isolated(surroundings.error().message));
    spec.spawn.confinement = surroundings.value().confinement;
    for (const auto& [name, value] : surroundings.value().environment)
      process::set(spec.spawn.env, name, value);
  }
  spec.spawn.env.emplace_back("CI", "true");
  spec.spawn.cwd = command.cwd;
  spec.timeout = command.timeout;
  spec.grace = session.request.kill_grace;
  spec.wake_fd = session.watchdog.wake_fd();
  spec.cancelled = [&session] { return session.watchdog.stop_cause().has_value(); };
  // It is given no secret, but the branch may hold one that the host knows.
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
  const std::string lines = last_lines(result);
  const std::string name = command.argv.front() + ": ";
  return std::visit(
      overloaded{
          [&](const process::Exited& e) -> End {
            return CommandEnd{e.code, std::move(result.out), lines};
          },
          [&](const process::Signalled& s) -> End {
            return Deferred{.reason = ReasonCode::resource,
                            .text = name + "ended by signal " + std::to_string(s.signal)};
          },
          [&](const process::TimedOut&) -> End {
            return Deferred{.reason = ReasonCode::timeout,
                            .text = name + "not finished after " + to_words(result.duration)};
          },
          [&](const process::Cancelled&) -> End {
            const bool was_asked = session.watchdog.stop_cause() == StopCause::cancelled;
            return Deferred{.reason = was_asked ? ReasonCode::cancelled : ReasonCode::timeout,
                            .text = name + (was_asked ? "cancelled" : "past the job's limit")};
          },
          [&](const process::NotStarted& n) -> End {
            if (lacks_resources(n.error_number)) {
              return Deferred{.reason = ReasonCode::resource, .text = n.text};
            }
            return Held{ReasonCode::tool_missing, n.text};
          },
      },
      result.end);
}

}  // namespace orc::worker
