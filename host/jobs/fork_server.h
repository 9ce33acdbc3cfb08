// SPDX-License-Identifier: Apache-2.0
// The host's side of the fork server: the one process `orchestrator-worker --fork-server`, started
// with the first job, that has its dynamic linking and start-up behind it and makes each worker by
// fork(). Every job still has a process of its own, in a session of its own, used once; it loads
// its plugins only after the fork. What is saved is the start of a program, the larger part of a
// short job.
//
// The server ends with the host: when the host's end of their socket closes, however that comes
// about. Its workers go on. A server whose program was replaced on the disk makes no more workers:
// the next one comes from a server of the new program. One thread at a time uses an object of this
// class.
#pragma once

#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <optional>
#include <string>

#include "jobs/fork_channel.h"
#include "jobs/worker_client.h"
#include "process/process.h"

namespace orc::jobs {

class ForkServer {
 public:
  // Starts nothing yet. `worker` is orchestrator-worker.
  explicit ForkServer(std::filesystem::path worker);
  // Ends the server and waits for it; its workers go on.
  ~ForkServer();
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;

  // Starts a worker on `folder`, with stdout and stderr appended to <folder>/log and ORCH_RUN_ID
  // and the base environment around it. `secrets_json` is a JSON object from "credential:NAME" to
  // the value; where it holds any, it reaches the worker over a sealed memory file and is never
  // written anywhere. On failure nothing runs and the folder is as it was, but for an empty log.
  // `unavailable`: no resources, or the server was lost and will be started again, may work later;
  // `not_found`, `refused`: the program is missing or not executable.
  Result<process::Child> start(const std::filesystem::path& folder, const std::string& secrets_json,
                               const std::string& run_id);

  // How a worker of this server's ended, for one that has; nothing if the server was lost or
  // replaced before it could tell. Waits a moment for the server's word.
  WorkerEnd end_of(const process::Child& worker);

 private:
  struct Ended {
    pid_t pid;
    WorkerEnd end;
  };

  Status launch_server(const std::filesystem::path& folder);
  void lose_server();
  bool is_outdated() const;
  std::optional<Result<process::Child>> await_answer();
  void note(const ForkEvent& event);

  const std::filesystem::path worker_;
  std::optional<struct stat> program_;  // of worker_, as it was just before the server's start
  process::Child server_;
  UniqueFd channel_;
  std::deque<Ended> ended_;  // the latest ones
};

}  // namespace orc::jobs
