// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <orchestrator/plugin/abi.h>

#include <memory>
#include <string>
#include <vector>

#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

// The request as the plugins see it. Borrows from the session; owns what it had to make.
class RequestView {
 public:
  RequestView(const Session& session, const Code& code);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;
  const orch_request& raw() const { return raw_; }

 private:
  const std::string& keep(std::string text);

  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<orch_str> tokens_;
  std::vector<orch_artifact> artifacts_;
  orch_request raw_{};
};

}  // namespace orc::worker
