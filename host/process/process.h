// SPDX-License-Identifier: Apache-2.0
// Processes the way every part of the program starts and ends them: own session, closed
// descriptors, reset signals, an explicit environment, a pidfd to wait on, and the whole tree swept
// at the end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::process {

class Confinement;  // process/confinement.h

using Environment = std::vector<std::pair<std::string, std::string>>;

struct SpawnSpec {
  // argv[0] is looked up in the PATH of `env` unless it holds a '/'; relative PATH entries are
  // skipped.
  std::vector<std::string> argv;
  Environment env;            // the child's whole environment
  std::filesystem::path cwd;  // empty: the caller's
  int stdin_fd = -1;          // -1: /dev/null
  int stdout_fd = -1;         // -1: /dev/null
  int stderr_fd = -1;         // -1: /dev/null
  std::vector<int> inherit;   // become 3, 4, … in the child; everything else is closed
  // What the program may touch; null: whatever the caller may.
  std::shared_ptr<const Confinement> confinement;
};

struct Child {
  pid_t pid = 0;
  UniqueFd pidfd;  // readable once the child has ended
};

// The program could not be started: errno of the failing step. ENOENT and EACCES always mean the
// program itself; a working folder that cannot be entered is ENOTDIR. A confinement that cannot be
// put in force is EACCES too: nothing was started, and waiting does not help.
struct NotStarted {
  int error_number = 0;
  std::string text;
};

// posix_spawn with a new session, default signals and an empty signal mask. [any thread]
// On failure nothing is left behind; NotStarted tells a missing program (ENOENT, EACCES) from a
// machine without resources (EAGAIN, ENOMEM).
std::variant<Child, NotStarted> spawn(const SpawnSpec& spec);

// --- run to the end
// ---------------------------------------------------------------------------------

struct Exited {
  int code = 0;
};
struct Signalled {
  int signal = 0;
};
struct TimedOut {};
struct Cancelled {};
using RunEnd = std::variant<Exited, Signalled, TimedOut, Cancelled, NotStarted>;

enum class Stream : std::uint8_t { out = 1, err = 2 };

struct RunSpec {
  SpawnSpec spawn;  // stdin_fd, stdout_fd and stderr_fd are set by run()
  std::string stdin_text;
  Millis timeout{0};  // 0: none
  Millis grace{10'000};
  int soft_signal = 15;
  std::size_t output_cap = 1 << 20;  // per stream: the first and the last half are kept
  std::function<bool()> cancelled;   // asked when `wake_fd` wakes, and every 200 ms; may be empty
  int wake_fd = -1;  // readable: `cancelled` is asked at once. Borrowed, never read from
  std::function<void(Stream, std::string_view)> on_output;  // in the calling thread; may be empty
};

struct RunResult {
  RunEnd end;
  std::string out;
  std::string err;
  bool truncated = false;
  Millis duration{0};
};

// Runs the program and waits. Ends when the process ends (plus a short drain), not when its pipes
// close. Afterwards no process of its tree lives, if the caller is a subreaper (see
// become_subreaper); other children of the caller are left alone. lineage.h tells how the two are
// told apart. Blocks. [any thread]
RunResult run(const RunSpec& spec);

// --- the tree
// ------------------------------------------------------------------------------------------

// From now on orphans below this process become its children, so that a sweep finds them.
Status become_subreaper();

// Live descendants of `root`, found through /proc. [any thread]
std::vector<pid_t> descendants(pid_t root);

struct Sweep {
  int killed = 0;  // processes that had to be signalled
  int left = 0;    // still alive at the end; 0 but for a process in uninterruptible sleep
};

// Ends every descendant of the calling process: SIGTERM to all, `grace`, then SIGKILL again and
// again until none is left or `limit` has passed; reaps what it can. `spare` are pids that are left
// alone with their own descendants. The caller must be a subreaper and must not wait for children
// elsewhere meanwhile.
Sweep sweep_descendants(Millis grace, Millis limit, const std::vector<pid_t>& spare = {});

// Processes, anywhere on the machine that the caller may inspect, whose environment holds
// ORCH_RUN_ID=<run_id>: how a restarted host finds survivors of a worker that died.
std::vector<pid_t> find_by_run_id(std::string_view run_id);

// The allow-listed base environment of every child: PATH, HOME, LANG, LC_ALL, TZ, TMPDIR taken from
// the caller's own where set, nothing else.
Environment base_environment();
// The variable gets this value, whether it was there or not.
void set(Environment& environment, std::string_view name, std::string_view value);

}  // namespace orc::process
