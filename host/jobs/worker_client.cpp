// SPDX-License-Identifier: Apache-2.0
#include "jobs/worker_client.h"

#include "base/failpoint.h"

namespace orc::jobs {

process::Environment worker_environment(const std::string& run_id) {
  process::Environment environment = process::base_environment();
  environment.emplace_back("ORCH_RUN_ID", run_id);
#if ORCH_FAILPOINTS
  for (auto& variable : failpoint_environment()) environment.push_back(std::move(variable));
#endif
  return environment;
}

}  // namespace orc::jobs
