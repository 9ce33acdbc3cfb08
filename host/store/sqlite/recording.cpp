// SPDX-License-Identifier: Apache-2.0
// What is recorded beside tasks and jobs: decisions, artifacts, events, alerts, the outbox.
#include "store/sqlite/decisions.h"
#include "store/sqlite/writing.h"

namespace orc::store {

Status SqliteStore::record_decisions(JobId job, const std::vector<ChainDecision>& decisions) {
  ORC_TRY(const int changed, change("UPDATE jobs SET decisions=decisions||?2 WHERE id=?1",
                                    job.value, decision_lines(decisions)));
  if (changed == 1) return Done{};
  return Error{ErrorKind::not_found, "decisions about job " + std::to_string(job.value) +
                                         ", which is not there"};
}

Status SqliteStore::record_artifact(const ArtifactRecord& a) {
  return record(
      "INSERT INTO artifacts(job_id,task_id,stage,attempt,name,sha256,size,commit_id,content_id,"
      "producer,generation,path,at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
      a.job.value, a.task.value, to_string(a.stage), a.attempt, a.name, a.sha256, a.size, a.commit,
      a.content_id, a.producer, a.generation, a.path, a.at);
}

Status SqliteStore::record_agent_run(const AgentRun& r) {
  return record(
      "INSERT INTO "
      "agent_runs(job_id,task_id,stage,role,program,program_version,model,effort,input_tokens,"
      "output_tokens,cache_read_tokens,cache_write_tokens,cost_usd,turns,wall_ms,complete,result,"
      "started_at,cost_estimated)"
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)",
      r.job.value, r.task.value, to_string(r.stage), to_string(r.role), r.program,
      r.program_version, r.model, r.effort, r.input_tokens, r.output_tokens, r.cache_read_tokens,
      r.cache_write_tokens, r.cost_usd, r.turns, r.wall_ms, r.complete, r.result, r.started_at,
      r.cost_estimated);
}

Status SqliteStore::record_approval(const Approval& a) {
  return record(
      "INSERT INTO approvals(task_id,stage,approved,actor,channel,reason,content_id,at)"
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
      a.task.value, to_string(a.stage), a.approved, a.actor, a.channel, a.reason, a.content_id,
      a.at);
}

Result<EventId> SqliteStore::append_event(const Event& event) {
  ORC_CHECK_OK(writable());
  if (!chain_end_) {
    ORC_TRY(chain_end_, read_chain_end(db()));
  }
  Event e = event;
  e.id = EventId{chain_end_->last.value + 1};
  const Sha256 hash = chain_hash(chain_end_->head, e);
  const auto task = e.task.value == 0 ? std::nullopt : std::optional(e.task.value);
  ORC_CHECK_OK(record(
      "INSERT INTO events(id,task_id,kind,actor,text,data,at,hash) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
      e.id.value, task, e.kind, e.actor, e.text, e.data, e.at,
      Blob{{reinterpret_cast<const char*>(hash.data()), hash.size()}}));
  chain_end_ = ChainEnd{e.id, hash};
  return e.id;
}

Status SqliteStore::put_pull_request(const PullRequest& p) {
  return record(
      "INSERT INTO pull_requests(task_id,repo,branch,base,title,head_commit,state,ci,ci_text)"
      " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(task_id) DO UPDATE SET "
      "repo=?2,branch=?3,base=?4,title=?5,"
      "head_commit=?6,state=?7,ci=?8,ci_text=?9",
      p.task.value, p.repo, p.branch, p.base, p.title, p.head_commit, p.state, p.ci, p.ci_text);
}

Result<bool> SqliteStore::raise_alert(TaskId task, const std::string& condition,
                                      const std::string& text, WallTime now) {
  ORC_TRY(const int inserted, change("INSERT INTO alerts(task_id,condition,text,at) "
                                     "VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING",
                                     task.value, condition, text, now));
  return inserted == 1;
}

Status SqliteStore::clear_alerts(TaskId task, WallTime now) {
  return record("UPDATE alerts SET cleared_at=?2 WHERE task_id=?1 AND cleared_at IS NULL",
                task.value, now);
}

Status SqliteStore::clear_alert(TaskId task, const std::string& condition, WallTime now) {
  return record(
      "UPDATE alerts SET cleared_at=?3"
      " WHERE task_id=?1 AND condition=?2 AND cleared_at IS NULL",
      task.value, condition, now);
}

Status SqliteStore::put_kill(const PluginKill& k) {
  return record("INSERT OR REPLACE INTO plugin_kills VALUES(?1,?2,?3,?4,?5,?6)", k.plugin, k.repo,
                k.actor, k.reason, k.at, k.until);
}

Result<Write> SqliteStore::remove_kill(const std::string& plugin,
                                       const std::optional<std::string>& repo) {
  ORC_TRY(const int removed,
          change("DELETE FROM plugin_kills WHERE plugin=?1 AND (?2 IS NULL OR repo=?2)", plugin,
                 repo));
  return removed > 0 ? Write::written : Write::lost;
}

Status SqliteStore::add_outbox(const OutboxItem& item) {
  return record(
      "INSERT INTO outbox(channel,key,body,attempts,due) VALUES(?1,?2,?3,?4,?5)"
      " ON CONFLICT(key) DO NOTHING",
      item.channel, item.key, item.body, item.attempts, item.due);
}

Status SqliteStore::finish_outbox(std::int64_t id, WallTime now) {
  return record(
      "UPDATE outbox SET sent_at=?2,attempts=attempts+1,error=''"
      " WHERE id=?1 AND sent_at IS NULL",
      id, now);
}

Status SqliteStore::retry_outbox(std::int64_t id, WallTime due, const std::string& error) {
  return record(
      "UPDATE outbox SET due=?2,attempts=attempts+1,error=?3"
      " WHERE id=?1 AND sent_at IS NULL",
      id, due, error);
}

Status SqliteStore::put_delivery(const std::string& source, const std::string& key,
                                 const std::string& answer, WallTime now) {
  constexpr Millis k_remembered{90LL * 86'400'000};
  ORC_CHECK_OK(record("DELETE FROM deliveries WHERE at<?1", WallTime{now.ms - k_remembered.count()}));
  // The first answer stays: a repeated delivery is told what was told before.
  return record("INSERT INTO deliveries VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING", source, key,
                answer, now);
}

}  // namespace orc::store
