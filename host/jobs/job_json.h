// SPDX-License-Identifier: Apache-2.0
// The files of a job folder as JSON. Text that is not UTF-8 is written with U+FFFD in its place.
// Reading is strict: a missing, mistyped or unknown word is `malformed`. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "jobs/job_folder.h"

namespace orc::jobs {

std::string to_json(const JobRequest& request);
std::string to_json(const WorkerReport& report);
std::string to_json(const Progress& progress);
std::string to_json(const ProcessIdentity& identity);

Result<JobRequest> parse_request(std::string_view text);
Result<WorkerReport> parse_report(std::string_view text);
Result<Progress> parse_progress(std::string_view text);
Result<ProcessIdentity> parse_identity(std::string_view text);

}  // namespace orc::jobs
