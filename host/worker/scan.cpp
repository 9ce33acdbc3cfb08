// SPDX-License-Identifier: Apache-2.0
// The security and the coverage gate: their commands, run in the candidate's checkout.
#include "base/file.h"
#include "base/text.h"
#include "gates/coverage.h"
#include "gates/security.h"
#include "worker/command.h"
#include "worker/edge_job.h"

namespace orc::worker {

namespace {

using gates::Judgement;

constexpr std::size_t k_largest_report = std::size_t{64} << 20;

// A checkout of its own: what the suite left behind is not what is merged.
Result<std::filesystem::path> make_scan_checkout(EdgeJob& job) {
  std::filesystem::path folder = job.session.request.verification.string() + "-scan";
  job.session.record.remove_at_end(folder);
  ORC_CHECK_OK(remove_tree(folder));
  ORC_CHECK_OK(make_folder(folder));
  ORC_CHECK_OK(job.repository.checkout(job.candidate.commit, folder));
  return folder;
}

std::optional<std::string> read_report(const std::filesystem::path& folder,
                                       const std::string& path) {
  Result<std::string> bytes = read_beneath(folder, path, k_largest_report);
  if (!bytes.ok()) return std::nullopt;
  return std::move(bytes).value();
}

Judged scan(EdgeJob& job, const gates::Scanner& scanner, const std::filesystem::path& folder) {
  if (!scanner.sarif.empty()) {
    const Status removed = remove_tree(folder / scanner.sarif);
    if (!removed.ok()) return outcome_of(removed.error());
  }
  Code checkout = job.code;
  checkout.verification = folder;
  auto ended = run_command(job.session, {scanner.command, &checkout, folder, scanner.timeout});
  if (auto* refused = std::get_if<JobOutcome>(&ended)) return std::move(*refused);
  const CommandEnd& end = *std::get_if<CommandEnd>(&ended);
  const std::optional<std::string> sarif =
      scanner.sarif.empty() ? std::nullopt : read_report(folder, scanner.sarif);
  const std::string today = to_date(wall_now());
  return gates::judge_scan({.scanner = scanner,
                     .exit_code = end.exit_code,
                     .sarif = sarif ? std::optional<std::string_view>(*sarif) : std::nullopt,
                     .last_lines = end.last_lines,
                     .threshold = job.settings.security.threshold,
                     .allowed = job.settings.security.allowed,
                     .today = today});
}

Status make_fresh(EdgeJob& job) {
  ORC_CHECK_OK(prepare_verification(job.session, job.code));
  // One that the branch brought along would say what its author likes.
  return remove_tree(job.code.verification / job.settings.coverage.report);
}

}  // namespace

Judged measure_coverage(EdgeJob& job) {
  const gates::CoverageSettings& settings = job.settings.coverage;
  if (!settings.command.empty()) {
    const Status ready = job.tests_ran ? Status(Done{}) : make_fresh(job);
    if (!ready.ok()) return outcome_of(ready.error());
    auto ended =
        run_command(job.session, {settings.command, &job.code, job.code.verification,
                                  settings.timeout});
    if (auto* refused = std::get_if<JobOutcome>(&ended)) return std::move(*refused);
    const CommandEnd& end = *std::get_if<CommandEnd>(&ended);
    if (end.exit_code != 0) {
      return Judgement{GateResult::blocked, "the coverage command ended with exit code " +
                                                std::to_string(end.exit_code) + ": " +
                                                end.last_lines};
    }
  }
  const std::optional<std::string> report = read_report(job.code.verification, settings.report);
  gates::CoverageJudgement judged = gates::judge_coverage(
      {.report = report ? std::optional<std::string_view>(*report) : std::nullopt,
       .path = settings.report,
       .baseline = job.session.request.edge.coverage_baseline,
       .minimum = settings.minimum});
  job.candidate.coverage = judged.percent;
  return std::move(judged.judgement);
}

Judged scan_candidate(EdgeJob& job) {
  const Result<std::filesystem::path> folder = make_scan_checkout(job);
  if (!folder.ok()) return outcome_of(folder.error());
  std::vector<std::string> said;
  for (const gates::Scanner& scanner : job.settings.security.scanners) {
    Judged judged = scan(job, scanner, folder.value());
    const auto* one = std::get_if<Judgement>(&judged);
    if (one == nullptr || one->result != GateResult::passed) return judged;
    said.push_back(one->text);
  }
  return Judgement{GateResult::passed, join(said, "; ")};
}

}  // namespace orc::worker
