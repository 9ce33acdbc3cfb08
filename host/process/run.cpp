// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>

#include "process/capture.h"
#include "process/lineage.h"
#include "process/process.h"
#include "process/sweep.h"

namespace orc::process {

namespace {

constexpr Millis k_cancel_tick{200};
// A helper that outlives the program (`cmd | tee`, process substitution) may still hold its last
// lines.
constexpr Millis k_drain{200};
// What an ended program leaves behind does no work anybody waits for.
constexpr Millis k_orphan_grace{250};
constexpr Millis k_kill_limit{10'000};
constexpr std::size_t k_read_size = 64 * 1024;

NotStarted not_started(int error_number, std::string_view what) {
  return NotStarted{error_number,
                    std::string(what) + ": " + std::generic_category().message(error_number)};
}

// A file in memory instead of a pipe: nothing to feed, no SIGPIPE, no deadlock with a program that
// reads late.
UniqueFd stdin_holding(std::string_view text) {
  UniqueFd fd(::memfd_create("stdin", MFD_CLOEXEC));
  while (fd && !text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return UniqueFd();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fd) ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

// The reading end of one of the program's streams.
struct Source {
  Stream stream;
  UniqueFd fd;
  Capture capture;
};

class Run {
 public:
  explicit Run(const RunSpec& spec)
      : spec_(spec),
        out_{Stream::out, UniqueFd(), Capture(spec.output_cap)},
        err_{Stream::err, UniqueFd(), Capture(spec.output_cap)} {}

  RunResult execute();

 private:
  enum class Phase { running, asked_to_end, killed };

  std::optional<NotStarted> start();
  void wait_for_end();
  void on_wake_up(MonoTime now);
  void stop(RunEnd why, MonoTime now);
  void signal_group(int signal);
  bool wait(MonoTime until, bool for_end);
  void read_from(Source& source);
  void drain(MonoTime until);
  RunEnd status() const;
  void sweep();
  MonoTime next_wake_up() const;
  bool is_cancelled() const { return spec_.cancelled && spec_.cancelled(); }

  const RunSpec& spec_;
  const MonoTime began_ = mono_now();
  Child child_;
  Lineage lineage_;
  Source out_;
  Source err_;
  Phase phase_ = Phase::running;
  std::optional<RunEnd> stopped_;  // why the program had to be ended
  std::optional<KilledGroups> killed_;
  MonoTime phase_end_ = MonoTime::max();
  MonoTime next_tick_ = MonoTime::max();
  bool wake_fd_watched_ = true;
  // Not static and thread_local: every thread of every process would clear it before it starts.
  const std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(k_read_size);
};

std::optional<NotStarted> Run::start() {
  SpawnSpec spawn_spec = spec_.spawn;
  UniqueFd input;
  if (!spec_.stdin_text.empty()) {
    input = stdin_holding(spec_.stdin_text);
    if (!input) return not_started(errno, "stdin");
  }
  std::array<UniqueFd, 2> writers;
  for (auto [source, writer] : {std::pair(&out_, writers.data()), {&err_, &writers[1]}}) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return not_started(errno, "pipe");
    source->fd.reset(ends[0]);
    writer->reset(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  spawn_spec.stdin_fd = input.get();
  spawn_spec.stdout_fd = writers[0].get();
  spawn_spec.stderr_fd = writers[1].get();
  auto started = spawn(spawn_spec);
  if (auto* failure = std::get_if<NotStarted>(&started)) return std::move(*failure);
  child_ = std::move(*std::get_if<Child>(&started));
  lineage_ = Lineages::of_this_process().find(child_.pid);
  return std::nullopt;
}

void Run::read_from(Source& source) {
  const ssize_t got = ::read(source.fd.get(), buffer_.get(), k_read_size);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    source.fd.reset();
    return;
  }
  const std::string_view bytes(buffer_.get(), static_cast<std::size_t>(got));
  source.capture.append(bytes);
  if (spec_.on_output) spec_.on_output(source.stream, bytes);
}

// Waits once and takes in what has come. True if the program has ended (only looked for if
// `for_end`).
bool Run::wait(MonoTime until, bool for_end) {
  std::array<pollfd, 4> watched{{{for_end ? child_.pidfd.get() : -1, POLLIN, 0},
                                 {out_.fd.get(), POLLIN, 0},
                                 {err_.fd.get(), POLLIN, 0},
                                 {for_end && wake_fd_watched_ ? spec_.wake_fd : -1, POLLIN, 0}}};
  int timeout = -1;
  if (until != MonoTime::max()) {
    const Millis left = std::chrono::ceil<Millis>(until - mono_now());
    timeout = static_cast<int>(std::clamp<Millis::rep>(left.count(), 0, 3'600'000));
  }
  if (::poll(watched.data(), watched.size(), timeout) <= 0) return false;
  if (watched[1].revents != 0) read_from(out_);
  if (watched[2].revents != 0) read_from(err_);
  // It stays readable: watched again only after a tick, or an unfinished cancellation would spin.
  if (watched[3].revents != 0) wake_fd_watched_ = false;
  return watched[0].revents != 0;
}

MonoTime Run::next_wake_up() const {
  return std::min(phase_end_, next_tick_);
}

void Run::signal_group(int signal) {
  // The program is not reaped before its end is seen, so the number of its group is still its own.
  if (::kill(-child_.pid, signal) == 0 && killed_) killed_->add(child_.pid, signal);
  if (signal != SIGKILL) ::kill(-child_.pid, SIGCONT);
}

void Run::stop(RunEnd why, MonoTime now) {
  killed_.emplace(std::holds_alternative<TimedOut>(why) ? KillReason::timeout
                                                        : KillReason::cancelled);
  stopped_ = std::move(why);
  phase_ = Phase::asked_to_end;
  phase_end_ = now + spec_.grace;
  next_tick_ = MonoTime::max();
  wake_fd_watched_ = false;
  // The last moment at which helpers in sessions of their own can be seen below it.
  const auto tree = ProcessTable::read().trees(
      [this](const ProcessEntry& entry) { return entry.pid == child_.pid; },
      [](const ProcessEntry&) { return false; });
  for (const ProcessEntry& entry : tree) lineage_.sessions.insert(entry.session);
  signal_group(spec_.soft_signal);
}

void Run::on_wake_up(MonoTime now) {
  if (phase_ == Phase::asked_to_end && now >= phase_end_) {
    phase_ = Phase::killed;
    phase_end_ = now + k_kill_limit;
    signal_group(SIGKILL);
    return;
  }
  if (phase_ != Phase::running) return;
  if (now >= phase_end_) return stop(TimedOut{}, now);
  if (now >= next_tick_ || !wake_fd_watched_) {
    if (is_cancelled()) return stop(Cancelled{}, now);
    if (now < next_tick_) return;
    wake_fd_watched_ = true;
    next_tick_ = now + k_cancel_tick;
  }
}

void Run::wait_for_end() {
  if (spec_.timeout > Millis{0}) phase_end_ = began_ + spec_.timeout;
  if (spec_.cancelled) next_tick_ = began_ + k_cancel_tick;
  while (!wait(next_wake_up(), true)) {
    const MonoTime now = mono_now();
    // Uninterruptible sleep: nothing more can be done from here.
    if (phase_ == Phase::killed && now >= phase_end_) return;
    on_wake_up(now);
  }
}

void Run::drain(MonoTime until) {
  do {
    if (!out_.fd && !err_.fd) return;
    wait(until, false);
  } while (mono_now() < until);
}

RunEnd Run::status() const {
  siginfo_t info{};
  const int reaped =
      ::waitid(P_PIDFD, static_cast<id_t>(child_.pidfd.get()), &info, WEXITED | WNOHANG);
  if (stopped_) return *stopped_;
  // Somebody else's wait took the status: never guess a success.
  if (reaped != 0 || info.si_pid == 0) return not_started(ECHILD, "exit status lost");
  if (info.si_code == CLD_EXITED) return Exited{info.si_status};
  return Signalled{info.si_status};
}

// Nearly every program leaves nothing behind: two system calls find that out.
void Run::sweep() {
  int is_subreaper = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0);
  const bool group_is_left = ::kill(-child_.pid, 0) == 0;
  if (!group_is_left && (is_subreaper == 0 || !has_children())) return;
  Millis grace = k_orphan_grace;
  if (stopped_) {
    const MonoTime grace_end = phase_ == Phase::killed ? mono_now() : phase_end_;
    grace = std::max(Millis{0}, std::chrono::ceil<Millis>(grace_end - mono_now()));
  } else {
    killed_.emplace(KillReason::leftover);
  }
  end_processes(
      [this](const ProcessTable& table) {
        return Lineages::of_this_process().stemming_from(lineage_, table);
      },
      grace, grace + k_kill_limit, *killed_);
}

RunResult Run::execute() {
  RunResult result;
  if (is_cancelled()) {
    result.end = Cancelled{};
    return result;
  }
  if (auto failure = start()) {
    // What stood between us and the program may have said why.
    drain(mono_now());
    result.end = std::move(*failure);
    result.err = std::move(err_.capture).text();
    return result;
  }
  wait_for_end();
  drain(mono_now() + k_drain);
  result.end = status();
  sweep();
  // With the tree gone the pipes hold what was written before, and no more comes.
  drain(mono_now());
  Lineages::of_this_process().forget(child_.pid);
  result.truncated = out_.capture.truncated() || err_.capture.truncated();
  result.out = std::move(out_.capture).text();
  result.err = std::move(err_.capture).text();
  result.duration = std::chrono::duration_cast<Millis>(mono_now() - began_);
  return result;
}

}  // namespace

RunResult run(const RunSpec& spec) {
  return Run(spec).execute();
}

}  // namespace orc::process
