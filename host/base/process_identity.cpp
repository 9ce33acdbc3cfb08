// SPDX-License-Identifier: Apache-2.0
#include "base/process_identity.h"

#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace orc {

namespace {

constexpr std::size_t k_proc_file_limit = 64 * 1024;

}  // namespace

const std::string& boot_id() {
  static const std::string id = [] {
    Result<std::string> text = read_file("/proc/sys/kernel/random/boot_id", k_proc_file_limit);
    return text.ok() ? std::string(trim(text.value())) : std::string("unknown");
  }();
  return id;
}

Result<ProcessIdentity> identify_process(int pid) {
  ORC_TRY(const std::string stat,
          read_file("/proc/" + std::to_string(pid) + "/stat", k_proc_file_limit));
  // The name in parentheses may hold spaces and parentheses itself: fields are counted after the
  // last one.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos)
    return Error{ErrorKind::malformed, "/proc/PID/stat without a name"};
  const auto fields = split(trim(std::string_view(stat).substr(name_end + 1)), ' ');
  constexpr std::size_t k_state = 0;        // field 3
  constexpr std::size_t k_start_time = 19;  // field 22
  if (fields.size() <= k_start_time) return Error{ErrorKind::malformed, "/proc/PID/stat is short"};
  if (fields[k_state] == "Z" || fields[k_state] == "X") {
    return Error{ErrorKind::not_found, "process " + std::to_string(pid) + " has ended"};
  }
  const auto ticks = parse_integer(fields[k_start_time]);
  if (!ticks) return Error{ErrorKind::malformed, "/proc/PID/stat: start time is not a number"};
  return ProcessIdentity{.pid = pid, .start_ticks = *ticks, .boot_id = boot_id()};
}

ProcessIdentity identify_self() {
  Result<ProcessIdentity> self = identify_process(::getpid());
  if (!self.ok()) std::abort();
  return std::move(self).value();
}

bool is_alive(const ProcessIdentity& identity) {
  const Result<ProcessIdentity> now = identify_process(identity.pid);
  return now.ok() && now.value() == identity;
}

}  // namespace orc
