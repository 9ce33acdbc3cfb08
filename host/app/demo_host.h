// SPDX-License-Identifier: Apache-2.0
// The demo's own host: `orchestrator serve` as a child, from the same program, spoken to like any
// host: over its control socket. [main thread]
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/demo_folder.h"
#include "base/result.h"
#include "cli/control_client.h"
#include "process/process.h"

namespace orc::app {

using Json = nlohmann::ordered_json;

class DemoHost {
 public:
  // Starts the host and waits until it is ready. On failure the child has ended and the error holds
  // the tail of its log. `folder` outlives this.
  static Result<DemoHost> start(const DemoFolder& folder);

  const DemoFolder& folder() const { return *folder_; }
  int pidfd() const { return child_.pidfd.get(); }  // readable once the host has ended
  int pid() const { return child_.pid; }

  // The answer's JSON; `refused` with the problem's text for any status of 400 and above.
  Result<Json> get(const std::string& path) const;
  Result<Json> post(const std::string& path, const Json& body) const;

  std::string log_tail() const;

  // SIGTERM, wait, and nothing of it is left: an error names what had to be ended the hard way.
  Status stop();

 private:
  DemoHost(const DemoFolder& folder, process::Child child)
      : folder_(&folder), client_(folder.socket()), child_(std::move(child)) {}
  bool is_ready() const;
  const DemoFolder* folder_;
  cli::ControlClient client_;
  process::Child child_;
};

}  // namespace orc::app
