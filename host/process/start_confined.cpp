// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>

#include "process/confinement.h"
#include "process/launch_protocol.h"
#include "process/lineage.h"
#include "process/start.h"

namespace orc::process {

namespace {

constexpr int k_standard_streams = 3;

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

// Not in force: nothing was started, and the same again would end the same way.
NotStarted not_confined(const std::string& what) {
  return NotStarted{EACCES, "the isolation could not be put in force: " + what};
}

const char* name_of(LaunchStep step) {
  switch (step) {
    case LaunchStep::usage:
      return "the launcher's command line";
    case LaunchStep::limit:
      return "a resource limit";
    case LaunchStep::no_new_privileges:
      return "no_new_privs";
    case LaunchStep::capabilities:
      return "the capabilities";
    case LaunchStep::landlock:
      return "the file rules";
    case LaunchStep::program:
      return "the program";
  }
  return "an unknown step";
}

// What the launcher wrote before it became the program, or ended. Nothing: the program runs.
std::optional<NotStarted> read_answer(int status, const std::string& program) {
  std::array<char, 1 + sizeof(LaunchFailure)> bytes{};
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(status, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  const bool confined = size > 0 && bytes[0] == k_confined;
  if (confined && size == 1) return std::nullopt;
  const std::size_t at = confined ? 1 : 0;
  LaunchFailure failure{};
  if (size < at + sizeof(failure)) return not_confined("the launcher was not reached");
  std::memcpy(&failure, bytes.data() + at, sizeof(failure));
  if (failure.step != LaunchStep::program) {
    return not_confined(std::string(name_of(failure.step)) + ": " + reason(failure.error_number));
  }
  std::string text = program + ": " + reason(failure.error_number);
  if (failure.error_number == EACCES || failure.error_number == ENOENT) {
    text += " under its isolation; a program outside the system's folders needs isolation.read";
  }
  return NotStarted{failure.error_number, std::move(text)};
}

}  // namespace

std::variant<Child, NotStarted> start_confined(const SpawnSpec& spec, const std::string& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return NotStarted{errno, "pipe: " + reason(errno)};
  const UniqueFd answer(ends[0]);
  UniqueFd status(ends[1]);
  const Confinement::Start wanted =
      spec.confinement->start_of(program, spec.argv, spec.cwd, status.get(),
                                 k_standard_streams + static_cast<int>(spec.inherit.size()));
  std::vector<int> inherit = spec.inherit;
  inherit.insert(inherit.end(), wanted.inherit.begin(), wanted.inherit.end());
  auto started = start(spec, wanted.program, wanted.argv, inherit);
  status.reset();
  const auto* child = std::get_if<Child>(&started);
  if (child == nullptr) return started;
  std::optional<NotStarted> failure = read_answer(answer.get(), program);
  if (!failure) return started;
  ::kill(-child->pid, SIGKILL);
  ::waitpid(child->pid, nullptr, 0);
  Lineages::of_this_process().forget(child->pid);
  return std::move(*failure);
}

}  // namespace orc::process
