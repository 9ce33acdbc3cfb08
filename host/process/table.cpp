// SPDX-License-Identifier: Apache-2.0
#include "process/table.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include "process/launch_protocol.h"
#include "process/pidfd.h"
#include "process/process.h"

namespace orc::process {

namespace {

struct CloseDir {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseDir>;

std::optional<pid_t> to_pid(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

std::optional<ProcessEntry> parse_stat(pid_t pid, std::string_view stat) {
  // The name may hold spaces and parentheses itself: fields are counted after the last one.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return std::nullopt;
  stat.remove_prefix(name_end + 2);
  constexpr std::size_t k_fields = 20;  // state (field 3) … start time (field 22), proc(5)
  std::array<std::string_view, k_fields> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(stat.find(' '), stat.size());
    field = stat.substr(0, end);
    stat.remove_prefix(std::min(end + 1, stat.size()));
  }
  ProcessEntry entry;
  entry.pid = pid;
  const auto number = [](std::string_view text, auto& into) {
    return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc();
  };
  if (!number(fields[1], entry.parent) || !number(fields[2], entry.group) ||
      !number(fields[3], entry.session) || !number(fields[19], entry.start_ticks)) {
    return std::nullopt;
  }
  entry.ended = fields[0] == "Z" || fields[0] == "X";
  return entry;
}

// Empty: it has gone, or may not be looked at.
std::string read_stat(int proc, pid_t pid) {
  std::array<char, 32> name{};
  char* end = std::to_chars(name.data(), name.data() + name.size(), pid).ptr;
  std::copy_n("/stat", 6, end);
  const UniqueFd fd(::openat(proc, name.data(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::array<char, 1024> buffer;
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::optional<ProcessEntry> read_entry(int proc, pid_t pid) {
  return parse_stat(pid, read_stat(proc, pid));
}

bool by_parent(const ProcessEntry& a, const ProcessEntry& b) {
  return a.parent < b.parent;
}

}  // namespace

ProcessTable ProcessTable::read() {
  ProcessTable table;
  const Folder folder(::opendir("/proc"));
  if (!folder) return table;
  const int proc = ::dirfd(folder.get());
  // readdir is safe here: the stream belongs to this call alone.
  while (const dirent* item = ::readdir(folder.get())) {  // NOLINT(concurrency-mt-unsafe)
    const auto pid = to_pid(item->d_name);
    if (!pid) continue;
    if (auto entry = read_entry(proc, *pid)) table.entries_.push_back(*entry);
  }
  std::sort(table.entries_.begin(), table.entries_.end(), by_parent);
  return table;
}

std::vector<ProcessEntry> ProcessTable::trees(const Predicate& is_root,
                                              const Predicate& is_spared) const {
  std::vector<ProcessEntry> found;
  for (const ProcessEntry& entry : entries_) {
    if (is_root(entry) && !is_spared(entry)) found.push_back(entry);
  }
  // Grows while it is walked: every entry adds its own children.
  for (std::size_t i = 0; i < found.size(); ++i) {
    ProcessEntry key;
    key.parent = found[i].pid;
    const auto [first, last] = std::equal_range(entries_.begin(), entries_.end(), key, by_parent);
    std::copy_if(first, last, std::back_inserter(found), [&](const ProcessEntry& child) {
      return !is_spared(child) && std::find(found.begin(), found.end(), child) == found.end();
    });
  }
  return found;
}

UniqueFd open_exact(const ProcessEntry& entry) {
  UniqueFd pidfd(::pidfd_open(entry.pid, 0));
  if (!pidfd) return pidfd;
  // The number may have been given to another process since the table was read.
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto now = read_entry(proc.get(), entry.pid);
  if (!now || !(*now == entry)) pidfd.reset();
  return pidfd;
}

std::string run_marker(pid_t pid) {
  constexpr std::string_view k_name = "ORCH_RUN_ID=";
  const std::string path = "/proc/" + std::to_string(pid) + "/environ";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  constexpr std::size_t k_largest = std::size_t{4} << 20;
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (text.size() < k_largest) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    if (pair.starts_with(k_name)) return std::string(pair.substr(k_name.size()));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::uint64_t ticks_now() {
  static const auto ticks_per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  constexpr std::uint64_t k_nanos = 1'000'000'000;
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * ticks_per_second +
         static_cast<std::uint64_t>(now.tv_nsec) / (k_nanos / ticks_per_second);
}

std::vector<pid_t> descendants(pid_t root) {
  const ProcessTable table = ProcessTable::read();
  std::vector<pid_t> pids;
  const auto tree = table.trees([&](const ProcessEntry& entry) { return entry.parent == root; },
                                [](const ProcessEntry&) { return false; });
  for (const ProcessEntry& entry : tree) {
    if (!entry.ended) pids.push_back(entry.pid);
  }
  return pids;
}

std::vector<pid_t> find_by_run_id(std::string_view run_id) {
  std::vector<pid_t> pids;
  if (run_id.empty()) return pids;
  const ProcessTable table = ProcessTable::read();
  for (const ProcessEntry& entry : table.entries()) {
    if (entry.ended || entry.pid == ::getpid()) continue;
    if (run_marker(entry.pid) == run_id) pids.push_back(entry.pid);
  }
  return pids;
}

bool is_marked(pid_t pid) {
  rlimit own{};
  rlimit theirs{};
  if (::getrlimit(k_mark, &own) != 0) return true;
  if (::prlimit(pid, k_mark, nullptr, &theirs) != 0) return errno != EPERM;
  // Below zero there is nothing: then everybody may have it.
  return theirs.rlim_max < own.rlim_max || own.rlim_max == 0;
}

bool has_ancestor(std::string_view program, pid_t pid) {
  constexpr std::size_t k_name_length = 15;  // TASK_COMM_LEN without the NUL
  constexpr int k_deepest = 256;
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int step = 0; step < k_deepest && pid > 1; ++step) {
    const std::string stat = read_stat(proc.get(), pid);
    const std::size_t name = stat.find('(');
    const std::size_t name_end = stat.rfind(')');
    const auto entry = parse_stat(pid, stat);
    // /proc may hide other users' processes (hidepid); no program of ours is above one of them.
    if (!entry || name == std::string::npos) return ::kill(pid, 0) == 0 || errno != EPERM;
    if (std::string_view(stat).substr(name + 1, name_end - name - 1) ==
        program.substr(0, k_name_length)) {
      return true;
    }
    pid = entry->parent;
  }
  return pid > 1;
}

}  // namespace orc::process
