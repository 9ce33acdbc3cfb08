// SPDX-License-Identifier: Apache-2.0
// What the parts of one worker process share. Made once, lives to the end of the process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "domain/stage.h"
#include "jobs/job_folder.h"
#include "worker/job_record.h"
#include "worker/secrets.h"
#include "worker/watchdog.h"

namespace orc::worker {

struct Session {
  Session(std::filesystem::path job_folder, jobs::JobRequest job_request, Secrets job_secrets)
      : folder(std::move(job_folder)),
        request(std::move(job_request)),
        rule(*find_rule(request.kind == JobKind::edge ? Stage::testing : request.stage)),
        secrets(std::move(job_secrets)),
        record(folder, request) {}

  const std::filesystem::path folder;
  const jobs::JobRequest request;
  const StageRule& rule;  // whose work is done: a job of the edge tests again
  const Secrets secrets;
  JobRecord record;
  Watchdog watchdog;

  std::filesystem::path artifacts() const { return folder / "artifacts"; }
  std::filesystem::path scratch() const { return folder / "scratch"; }
  // docs/work-items/<work item>, in the repository.
  std::string artifact_folder() const { return "docs/work-items/" + request.work_item; }
  // Where a checkout of the base commit goes, beside the one under judgement.
  std::filesystem::path base_checkout() const { return request.verification.string() + "-base"; }
  // Set once the code is ready: makes that checkout. `not_found`: there is no base.
  std::function<Status()> make_base_checkout;
  // When the whole job has to be over.
  MonoTime limit() const { return began + request.limit; }

  const MonoTime began = mono_now();
};

}  // namespace orc::worker
