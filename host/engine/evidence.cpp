// SPDX-License-Identifier: Apache-2.0
#include "engine/evidence.h"

#include <system_error>

#include "artifacts/frontmatter.h"
#include "base/digest.h"
#include "base/file.h"

namespace orc::engine {

namespace {

void read_fields(const std::string& bytes, Evidence& evidence) {
  if (!has_frontmatter(evidence.name)) return;
  const Result<artifacts::Frontmatter> block = artifacts::Frontmatter::parse(bytes);
  if (!block.ok()) {
    evidence.unreadable = block.error().message;
    return;
  }
  for (const artifacts::Field& field : block.value().fields()) {
    evidence.fields.push_back({field.key, field.value, field.line, field.structured});
  }
}

Evidence describe(const ArtifactRecord& record, const Result<std::string>& bytes) {
  Evidence evidence = evidence_of(record.name, bytes);
  evidence.recorded_sha256 = record.sha256;
  evidence.attempt = record.attempt;
  evidence.content_id = record.content_id;
  return evidence;
}

Status move_into_store(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return Done{};
  ORC_CHECK_OK(make_folder(to.parent_path()));
  std::filesystem::rename(from, to, error);
  if (error) return Error{ErrorKind::io, to.string() + ": " + error.message()};
  return Done{};
}

class EvidenceFolders final : public EvidenceStore {
 public:
  explicit EvidenceFolders(StateFolders folders) : folders_(std::move(folders)) {}

  Result<Intake> take_in(const Task& task, const Job& job, const jobs::WorkerReport& report,
                         WallTime now) override {
    Intake intake;
    if (report.artifacts.empty()) return intake;
    const std::filesystem::path stored =
        StateFolders::evidence(task.work_item, job.id, job.attempt);
    const std::filesystem::path folder = folders_.root / stored;
    ORC_CHECK_OK(move_into_store(folders_.job(job.id, job.attempt) / "artifacts", folder));
    for (const std::string& name : report.artifacts) {
      const Result<std::string> bytes = read_beneath(folder, name, artifacts::k_max_artifact_bytes);
      ArtifactRecord record{.job = job.id,
                            .task = task.id,
                            .stage = job.stage,
                            .attempt = job.attempt,
                            .name = name,
                            .commit = report.made_on_commit,
                            .content_id = report.made_on_content,
                            .producer = report.producer,
                            .generation = job.generation,
                            .path = (stored / name).string(),
                            .at = now};
      Evidence evidence = describe(record, bytes);
      record.sha256 = evidence.actual_sha256;
      evidence.recorded_sha256 = evidence.actual_sha256;
      record.size = bytes.ok() ? static_cast<std::int64_t>(bytes.value().size()) : 0;
      intake.records.push_back(std::move(record));
      intake.evidence.push_back(std::move(evidence));
    }
    return intake;
  }

  std::vector<Evidence> read_again(const std::vector<ArtifactRecord>& records) override {
    std::vector<Evidence> evidence;
    for (const ArtifactRecord& record : records) {
      evidence.push_back(describe(
          record, read_beneath(folders_.root, record.path, artifacts::k_max_artifact_bytes)));
    }
    return evidence;
  }

 private:
  const StateFolders folders_;
};

}  // namespace

Evidence evidence_of(const std::string& name, const Result<std::string>& bytes) {
  Evidence evidence{.name = name};
  if (!bytes.ok()) {
    evidence.unreadable = bytes.error().message;
    return evidence;
  }
  evidence.actual_sha256 = sha256_hex(bytes.value());
  evidence.empty = bytes.value().empty();
  read_fields(bytes.value(), evidence);
  return evidence;
}

std::unique_ptr<EvidenceStore> make_evidence_folders(const StateFolders& folders) {
  return std::make_unique<EvidenceFolders>(folders);
}

}  // namespace orc::engine
