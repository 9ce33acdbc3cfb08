// SPDX-License-Identifier: Apache-2.0
#include "worker/artifact.h"

#include "artifacts/frontmatter.h"
#include "base/log.h"
#include "base/redact.h"
#include "worker/stage_files.h"

namespace orc::worker {

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t k_most_bytes = 16 << 20;  // of all artifacts of one job

Fields frontmatter_of(const Session& session, const Code& code, const Verdict& verdict,
                      const Producer& producer) {
  const std::string key(session.rule.verdict_key);
  Fields fields{{"work_item", session.request.work_item},
                {"stage", std::string(to_string(session.rule.stage))},
                {"author", producer.name},
                {"status", verdict.token},
                {"date", to_date(wall_now())},
                {"model", producer.name + " " + producer.version},
                {key, verdict.token}};
  // The testing gate reads three fields; a PASS that one of them contradicts would be none.
  if (session.rule.stage == Stage::testing) fields.emplace_back("verdict", verdict.token);
  if (!code.commit.empty()) {
    fields.emplace_back("commit", code.commit);
    fields.emplace_back("content_id", code.content_id);
  }
  return fields;
}

// Nobody reads it before the report names it, so that a second name and a rename are for the rare
// file that is there already.
Status put(const std::filesystem::path& target, const std::string& bytes, unsigned mode) {
  ORC_CHECK_OK(make_folder(target.parent_path()));
  Status written = write_new_file(target, bytes, mode);
  if (written.ok() || written.error().kind != ErrorKind::conflict) return written;
  return write_file_atomically(target, bytes, Durability::process, mode);
}

Status keep(const Session& session, const std::string& name, const std::string& bytes) {
  return put(session.artifacts() / name, redacted(bytes), 0600);
}

Result<std::vector<std::string>> write_verdict(const Session& session, const Code& code,
                                               const Verdict& verdict, const std::string& body,
                                               const Producer& producer) {
  const std::string name(session.rule.artifacts.front().file);
  ORC_CHECK_OK(keep(session, name,
                    artifacts::write_artifact(frontmatter_of(session, code, verdict, producer),
                                              body.empty() ? verdict.summary + "\n" : body)));
  return std::vector<std::string>{name};
}

// A file that cannot be taken is left out: the gate then finds it missing and says so.
Result<std::vector<std::string>> collect(const Session& session) {
  std::vector<std::string> taken;
  std::size_t total = 0;
  for (const std::string& name : find_stage_files(artifact_folder(session), session.rule)) {
    const Result<std::string> bytes =
        read_beneath(session.request.worktree, session.artifact_folder() + "/" + name,
                     artifacts::k_max_artifact_bytes);
    if (!bytes.ok() || (total += bytes.value().size()) > k_most_bytes) {
      log(LogLevel::warning, "worker.artifact_refused",
          bytes.ok() ? name + ": the artifacts are larger than 16 MiB" : bytes.error().message);
      continue;
    }
    ORC_CHECK_OK(keep(session, name, bytes.value()));
    taken.push_back(name);
  }
  return taken;
}

std::string message_of(const Session& session, const Verdict& verdict) {
  const std::string stage(to_string(session.rule.stage));
  std::string subject = session.request.work_item + ": " + stage;
  if (!verdict.token.empty()) subject += " " + verdict.token;
  return subject + "\n\n" + verdict.summary +
         "\n\nJob: " + std::to_string(session.request.job.value) + ", attempt " +
         std::to_string(session.request.attempt) + "\n";
}

Result<std::vector<git::Repository::File>> files_to_commit(const Session& session, const Code& code,
                                                           const std::vector<std::string>& names) {
  std::vector<git::Repository::File> files;
  for (const std::string& name : names) {
    ORC_TRY(std::string bytes, read_file(session.artifacts() / name, k_most_bytes));
    files.push_back({session.artifact_folder() + "/" + name, std::move(bytes)});
  }
  if (code.brought_request) {
    const std::string path = session.artifact_folder() + "/" + k_business_request;
    Result<std::string> bytes =
        read_beneath(session.request.worktree, path, artifacts::k_max_artifact_bytes);
    if (bytes.ok()) files.push_back({path, std::move(bytes).value()});
  }
  return files;
}

Status copy_to_worktree(const Session& session, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    ORC_TRY(const std::string bytes, read_file(session.artifacts() / name, k_most_bytes));
    ORC_CHECK_OK(put(artifact_folder(session) / name, bytes, 0644));
  }
  return Done{};
}

}  // namespace

Result<std::vector<std::string>> take_artifacts(const Session& session, const Code& code,
                                                const Verdict& verdict, const std::string& body,
                                                const Producer& producer) {
  if (session.rule.intake == Intake::commits) return std::vector<std::string>{};
  if (!verdict.token.empty()) return write_verdict(session, code, verdict, body, producer);
  return collect(session);
}

Result<Published> publish(const Session& session, const Code& code, const Verdict& verdict,
                          const std::vector<std::string>& artifacts) {
  if (!code.repository) {
    ORC_CHECK_OK(copy_to_worktree(session, artifacts));
    return Published{};
  }
  git::Repository repository = *code.repository;
  const jobs::JobRequest& request = session.request;
  if (session.rule.intake == Intake::commits) {
    ORC_TRY(std::string head, repository.take_in(request.worktree, request.branch, code.commit,
                                                 request.run_id, message_of(session, verdict)));
    ORC_TRY(std::string content, repository.content_id(head, session.artifact_folder()));
    return Published{std::move(head), std::move(content)};
  }
  ORC_TRY(const auto files, files_to_commit(session, code, artifacts));
  if (files.empty()) return Published{code.commit, code.content_id};
  ORC_TRY(std::string head, repository.commit_files(request.branch, code.commit, files,
                                                    message_of(session, verdict)));
  // Only the artifact folder has changed, which the content id leaves out.
  return Published{std::move(head), code.content_id};
}

}  // namespace orc::worker
