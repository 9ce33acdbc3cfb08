// SPDX-License-Identifier: Apache-2.0
#include "jobs/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/log.h"

namespace orc::jobs {

namespace {

// A fork takes a tenth of a millisecond; a server that is silent for this long is stopped or stuck.
constexpr Millis k_answer_limit{10'000};
// The server learns of an end when the host does.
constexpr Millis k_word_of_an_end{1000};
constexpr int k_server_end_ms = 1000;
constexpr std::size_t k_remembered_ends = 256;
// A server that was lost once may be lost again at once; twice in one start is no accident.
constexpr int k_tries = 2;
// Room in the server's command line for what its forks show in theirs.
constexpr std::size_t k_title_room = 512;

Error failure(const std::string& what, int number) {
  const std::string text = what + ": " + std::generic_category().message(number);
  switch (number) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
      return Error{ErrorKind::unavailable, text};
    case ENOENT:
      return Error{ErrorKind::not_found, text};
    case EACCES:
    case EPERM:
    case ENOEXEC:
      return Error{ErrorKind::refused, text};
    default:
      return Error{ErrorKind::io, text};
  }
}

bool holds_secrets(const std::string& json) {
  return !json.empty() && json != "{}";
}

// A memory file nobody can change any more, at its beginning.
Result<UniqueFd> seal(const std::string& content) {
  UniqueFd fd(::memfd_create("orchestrator-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return failure("memfd_create", errno);
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t written =
        ::pwrite(fd.get(), content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failure("memory file", errno);
    done += static_cast<std::size_t>(written);
  }
  constexpr int k_seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(fd.get(), F_ADD_SEALS, k_seals) != 0) return failure("sealing", errno);
  return fd;
}

Result<ForkRequest> make_request(const std::filesystem::path& folder,
                                 const std::string& secrets_json, const std::string& run_id) {
  const std::filesystem::path log = folder / "log";
  ForkRequest request{.run_id = run_id, .folder = folder, .log = {}, .secrets = {}};
  request.log.reset(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!request.log) return failure(log.string(), errno);
  if (holds_secrets(secrets_json)) {
    ORC_TRY(request.secrets, seal(secrets_json));
  }
  return request;
}

std::optional<struct stat> look_at(const std::filesystem::path& program) {
  struct stat found {};
  return ::stat(program.c_str(), &found) == 0 ? std::optional(found) : std::nullopt;
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

// What a lost server may have forked just before: nobody else would ever end it.
void end_unanswered(const std::string& run_id) {
  for (const pid_t pid : process::find_by_run_id(run_id)) ::kill(pid, SIGKILL);
}

}  // namespace

ForkServer::ForkServer(std::filesystem::path worker) : worker_(std::move(worker)) {}

ForkServer::~ForkServer() {
  lose_server();
}

Status ForkServer::launch_server(const std::filesystem::path& folder) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return failure("socketpair", errno);
  }
  UniqueFd mine(ends[0]);
  const UniqueFd theirs(ends[1]);
  std::string label = folder.parent_path().string();
  label.resize(std::max(label.size(), k_title_room), ' ');
  process::SpawnSpec spec;
  spec.argv = {worker_.string(), "--fork-server", label};
  spec.env = worker_environment(std::string(k_longest_run_id, ' '));
  // Every function of the libraries is bound here, once, and not again in each fork.
  spec.env.emplace_back("LD_BIND_NOW", "1");
  spec.stderr_fd = STDERR_FILENO;
  spec.inherit = {theirs.get()};
  // Before the start: a program that is replaced meanwhile is seen with the next worker.
  program_ = look_at(worker_);
  auto started = process::spawn(spec);
  if (auto* refused = std::get_if<process::NotStarted>(&started)) {
    return failure(refused->text, refused->error_number);
  }
  server_ = std::move(*std::get_if<process::Child>(&started));
  channel_ = std::move(mine);
  return Done{};
}

void ForkServer::lose_server() {
  channel_.reset();
  if (!server_.pidfd) return;
  pollfd watched{server_.pidfd.get(), POLLIN, 0};
  if (::poll(&watched, 1, k_server_end_ms) != 1) ::kill(server_.pid, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(server_.pidfd.get()), &info, WEXITED);
  server_ = {};
}

// A program that is missing for a moment is on its way to be replaced: the server goes on.
bool ForkServer::is_outdated() const {
  const std::optional<struct stat> now = look_at(worker_);
  return channel_ && now && program_ && !is_same_file(*now, *program_);
}

void ForkServer::note(const ForkEvent& event) {
  switch (event.kind) {
    case ForkEvent::Kind::exited:
      ended_.push_back({event.pid, process::Exited{event.value}});
      break;
    case ForkEvent::Kind::signalled:
      ended_.push_back({event.pid, process::Signalled{event.value}});
      break;
    case ForkEvent::Kind::started:
    case ForkEvent::Kind::refused:
      break;
  }
  if (ended_.size() > k_remembered_ends) ended_.pop_front();
}

// Nothing: the server is gone or stuck.
std::optional<Result<process::Child>> ForkServer::await_answer() {
  const MonoTime deadline = mono_now() + k_answer_limit;
  while (true) {
    const Millis left = std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - mono_now()));
    auto received = receive_event(channel_.get(), left);
    if (!received) return std::nullopt;
    const ForkEvent& event = received->event;
    if (event.kind == ForkEvent::Kind::refused) return failure("fork", event.value);
    if (event.kind != ForkEvent::Kind::started) {
      note(event);
      continue;
    }
    // The number is in use again: what is remembered of it was another's.
    std::erase_if(ended_, [&](const Ended& old) { return old.pid == event.pid; });
    return process::Child{.pid = event.pid, .pidfd = std::move(received->pidfd)};
  }
}

Result<process::Child> ForkServer::start(const std::filesystem::path& folder,
                                         const std::string& secrets_json,
                                         const std::string& run_id) {
  ORC_TRY(const ForkRequest request, make_request(folder, secrets_json, run_id));
  if (is_outdated()) lose_server();
  for (int attempt = 0; attempt < k_tries; ++attempt) {
    if (!channel_) ORC_CHECK_OK(launch_server(folder));
    Status sent = send_request(channel_.get(), request);
    if (!sent.ok() && sent.error().kind != ErrorKind::unavailable) return std::move(sent).error();
    if (sent.ok()) {
      if (auto answer = await_answer()) return std::move(*answer);
    }
    log(LogLevel::warning, "worker.fork_server_lost",
        "the process that makes the workers is gone; another one is started",
        {{"pid", std::to_string(server_.pid)}});
    ::kill(server_.pid, SIGKILL);
    lose_server();
    end_unanswered(run_id);
    if (was_started(folder)) break;  // another worker on this folder would be one too many
  }
  return Error{ErrorKind::unavailable, "the fork server was lost"};
}

WorkerEnd ForkServer::end_of(const process::Child& worker) {
  const MonoTime deadline = mono_now() + k_word_of_an_end;
  while (true) {
    const auto found = std::find_if(ended_.begin(), ended_.end(),
                                    [&](const Ended& ended) { return ended.pid == worker.pid; });
    if (found != ended_.end()) {
      const WorkerEnd end = found->end;
      ended_.erase(found);
      return end;
    }
    if (!channel_) return std::nullopt;
    const auto received = receive_event(
        channel_.get(), std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - mono_now())));
    if (!received) return std::nullopt;
    note(received->event);
  }
}

}  // namespace orc::jobs
