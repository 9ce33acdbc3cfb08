// SPDX-License-Identifier: Apache-2.0
#include "jobs/worker_client.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/failpoint.h"

namespace orc::jobs {

namespace {

constexpr int k_first_inherited = 3;

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

}  // namespace

process::Environment worker_environment(const std::string& run_id) {
  process::Environment environment = process::base_environment();
  environment.emplace_back("ORCH_RUN_ID", run_id);
#if ORCH_FAILPOINTS
  for (auto& variable : failpoint_environment()) environment.push_back(std::move(variable));
#endif
  return environment;
}

Result<process::Child> spawn_worker(const std::filesystem::path& worker,
                                    const std::filesystem::path& folder,
                                    const std::string& secrets_json,
                                    const process::Environment& environment) {
  const std::filesystem::path log = folder / "log";
  const UniqueFd log_fd(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log_fd) return failure(log.string(), errno);

  process::SpawnSpec spec;
  spec.argv = {worker.string(), folder.string()};
  spec.env = environment;
  spec.stdout_fd = log_fd.get();
  spec.stderr_fd = log_fd.get();
  UniqueFd secrets;
  if (holds_secrets(secrets_json)) {
    ORC_TRY(secrets, seal(secrets_json));
    spec.inherit = {secrets.get()};
    spec.argv.insert(spec.argv.end(), {"--secrets-fd", std::to_string(k_first_inherited)});
  }
  auto started = process::spawn(spec);
  if (auto* refused = std::get_if<process::NotStarted>(&started)) {
    return failure(refused->text, refused->error_number);
  }
  return std::move(*std::get_if<process::Child>(&started));
}

}  // namespace orc::jobs
