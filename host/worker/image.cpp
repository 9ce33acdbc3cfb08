// SPDX-License-Identifier: Apache-2.0
// Image freshness: asks what the image carries, and has it built anew once.
#include "gates/image.h"
#include "worker/command.h"
#include "worker/edge_job.h"

namespace orc::worker {

namespace {

using gates::Judgement;

// Where the commands run: the merged commit, so that a rebuild has what to build from.
Judged ask_revision(EdgeJob& job) {
  const std::string& commit = job.candidate.commit;
  auto ended = run_command(job.session, {filled_in(job.settings.image.revision, {{"{commit}", commit}}),
                                         nullptr, job.code.verification, job.settings.image.timeout});
  if (auto* refused = std::get_if<JobOutcome>(&ended)) return std::move(*refused);
  const CommandEnd& end = *std::get_if<CommandEnd>(&ended);
  // No image, or none that says where it is from: not the merged one, whatever else it is.
  return gates::judge_image(end.exit_code == 0 ? end.out : "", commit);
}

}  // namespace

Judged look_at_image(EdgeJob& job) {
  const gates::ImageSettings& image = job.settings.image;
  job.code.commit = job.candidate.commit;
  if (const Status made = prepare_verification(job.session, job.code); !made.ok())
    return outcome_of(made.error());
  Judged first = ask_revision(job);
  const auto* stale = std::get_if<Judgement>(&first);
  if (stale == nullptr || stale->result == GateResult::passed || image.rebuild.empty())
    return first;
  auto ended = run_command(job.session, {filled_in(image.rebuild,
                                                  {{"{commit}", job.candidate.commit}}),
                                         nullptr, job.code.verification, image.timeout});
  if (auto* refused = std::get_if<JobOutcome>(&ended)) return std::move(*refused);
  const CommandEnd& end = *std::get_if<CommandEnd>(&ended);
  if (end.exit_code != 0) {
    return Judgement{GateResult::blocked, stale->text + "; the rebuild ended with exit code " +
                                              std::to_string(end.exit_code) + ": " +
                                              end.last_lines};
  }
  Judged second = ask_revision(job);
  if (auto* said = std::get_if<Judgement>(&second)) {
    said->text += said->result == GateResult::passed ? ", after one rebuild"
                                                     : "; one rebuild changed nothing";
  }
  return second;
}

}  // namespace orc::worker
