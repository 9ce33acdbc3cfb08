// SPDX-License-Identifier: Apache-2.0
#include "engine/repeats.h"

#include <algorithm>

#include "base/result.h"
#include "base/text.h"

namespace orc::engine {

namespace {

bool may_repeat(const JobOutcome& outcome) {
  return std::visit(overloaded{
                        [](const Deferred& d) {
                          return d.reason == ReasonCode::timeout ||
                                 d.reason == ReasonCode::resource;
                        },
                        [](const FailedRun&) { return true; },
                        [](const WorkerFault&) { return true; },
                        [](const FaultWhileDeciding&) { return true; },
                        [](const Verdict&) { return false; },
                        [](const CiResult&) { return false; },
                        [](const EdgeResult&) { return false; },
                        [](const Held&) { return false; },
                        [](const NobodyAccepted&) { return false; },
                        [](const Sampled&) { return false; },
                        [](const RolledBack&) { return false; },
                    },
                    outcome);
}

// Two tests that differ in a digit are two tests; two durations are one.
std::string failures_in(const std::string& summary) {
  constexpr std::string_view k_names = "failing: ";
  const std::size_t at = summary.find(k_names);
  return at == std::string::npos ? failure_signature(summary) : summary.substr(at);
}

bool ended_alike(const Job& one, const Job& other) {
  return one.outcome == other.outcome && one.reason == other.reason &&
         one.producer == other.producer;
}

std::string content_of(const Job& job, const std::vector<ArtifactRecord>& artifacts) {
  const auto made = std::find_if(artifacts.begin(), artifacts.end(), [&](const ArtifactRecord& a) {
    return a.job == job.id && a.attempt == job.attempt;
  });
  return made == artifacts.end() ? "" : made->content_id;
}

}  // namespace

std::optional<std::string> same_end_again(const std::vector<Job>& jobs, const JobOutcome& outcome,
                                          int times) {
  if (times == 0 || jobs.empty() || !may_repeat(outcome)) return std::nullopt;
  const Job& last = jobs.back();
  int seen = 0;
  int attempt = last.attempt;  // counts from one with every visit and every release
  for (auto job = jobs.rbegin(); job != jobs.rend() && attempt >= 1; ++job, --attempt) {
    const bool belongs = job->stage == last.stage && job->attempt == attempt;
    if (!belongs || !ended_alike(*job, last) ||
        failure_signature(job->text) != failure_signature(last.text))
      break;
    ++seen;
  }
  if (seen < times) return std::nullopt;
  return "ended the same way " + std::to_string(seen) + " times in a row; last: " + last.text;
}

std::optional<std::string> same_failures_again(const std::vector<Job>& jobs,
                                               const std::vector<ArtifactRecord>& artifacts,
                                               const std::string& content_id, int times) {
  if (times == 0 || jobs.empty() || jobs.back().text.empty()) return std::nullopt;
  const Job& last = jobs.back();
  const std::string failures = failures_in(last.text);
  int seen = 0;
  for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
    if (job->stage != last.stage || job->state != JobState::finished) continue;
    if (job->outcome != last.outcome) continue;  // an attempt that said nothing about the code
    if (!ended_alike(*job, last) || failures_in(job->text) != failures) break;
    ++seen;
    if (seen > 1 && !content_id.empty() && content_of(*job, artifacts) == content_id)
      return "the same failures on the same content: " + last.text;
  }
  if (seen % times != 0) return std::nullopt;
  return "the same failures " + std::to_string(seen) +
         " times in a row, whatever was changed: " + last.text;
}

}  // namespace orc::engine
