// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/selftest.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>

#include "app/selftest/plugin_cases.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/evidence.h"
#include "engine/launcher.h"
#include "engine/state_folders.h"
#include "jobs/worker_client.h"
#include "process/process.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

constexpr Millis k_limit{60'000};
constexpr int k_look_ms = 200;  // for a cancellation
constexpr const char* k_link = "selftest";
constexpr const char* k_work_item = "SELFTEST-1";

std::string filled(std::string_view text, const std::string& commit) {
  constexpr std::string_view k_placeholder = "{commit}";
  const std::size_t at = text.find(k_placeholder);
  if (at == std::string_view::npos) return std::string(text);
  return std::string(text.substr(0, at)) + commit +
         std::string(text.substr(at + k_placeholder.size()));
}

Status put_file(const fs::path& file, const std::string& text) {
  ORC_CHECK_OK(make_folder(file.parent_path()));
  return write_file_atomically(file, text, Durability::process);
}

// A repository of one commit, for the cases that need one.
Result<std::string> make_repository(const fs::path& folder) {
  std::string commit;
  const std::vector<std::vector<std::string>> steps{
      {"git", "init", "-q", "-b", "main", folder.string()},
      {"git", "-C", folder.string(), "-c", "user.name=selftest", "-c", "user.email=s@localhost",
       "-c", "commit.gpgSign=false", "commit", "-q", "--allow-empty", "-m", "selftest"},
      {"git", "-C", folder.string(), "rev-parse", "HEAD"}};
  for (const auto& step : steps) {
    process::RunSpec spec;
    spec.spawn.argv = step;
    spec.spawn.env = jobs::worker_environment("selftest");
    spec.spawn.env.emplace_back("GIT_CONFIG_GLOBAL", "/dev/null");
    spec.spawn.env.emplace_back("GIT_CONFIG_NOSYSTEM", "1");
    spec.spawn.cwd = "/";
    spec.timeout = k_limit;
    const process::RunResult run = process::run(spec);
    const auto* const exited = std::get_if<process::Exited>(&run.end);
    if (exited == nullptr || exited->code != 0)
      return Error{ErrorKind::io, "git could not make a repository: " + run.err};
    commit = std::string(trim(run.out));
  }
  return commit;
}

class Plugin {
 public:
  Plugin(const config::LoadedPlugin& loaded, const config::Config& config, fs::path worker,
         const fs::path& scratch, const std::function<bool()>& cancelled)
      : loaded_(loaded),
        config_(config),
        launcher_(engine::make_process_launcher(std::move(worker))),
        folders_{scratch},
        cancelled_(cancelled) {}

  // Nothing: it was cancelled.
  std::optional<engine::SelftestRow> run() {
    engine::SelftestRow row{.subject = loaded_.name, .sha256 = loaded_.sha256, .passed = true};
    for (const PluginCase& each : plugin_cases()) {
      if (each.type != loaded_.type) continue;
      if (cancelled_ && cancelled_()) return std::nullopt;
      ++row.cases;
      const Result<std::string> said = try_case(each, JobId{row.cases});
      if (said.ok() && said.value().substr(0, said.value().find(':')) == each.expected) continue;
      row.passed = false;
      row.text = "the case \"" + std::string(each.name) + "\" says " +
                 (said.ok() ? said.value() : said.error().message) + " instead of " +
                 std::string(each.expected);
      break;
    }
    return row;
  }

 private:
  Result<std::string> try_case(const PluginCase& each, JobId id) {
    if (each.has_repository && commit_.empty()) {
      ORC_TRY(commit_, make_repository(folders_.root / "origin"));
    }
    const jobs::JobRequest request = request_of(each, id);
    ORC_CHECK_OK(make_folder(folders_.jobs()));
    ORC_CHECK_OK(prepare(each, request));
    const fs::path folder = folders_.job(id, 1);
    auto launched = launcher_->launch(folder, request);
    if (auto* error = std::get_if<Error>(&launched)) return std::move(*error);
    if (auto* report = std::get_if<jobs::WorkerReport>(&launched)) return judge(request, *report);
    const process::Child child = std::get<process::Child>(std::move(launched));
    wait_for(child);
    const jobs::WorkerReport report = jobs::conclude(folder, launcher_->end_of(child));
    return judge(request, report);
  }

  jobs::JobRequest request_of(const PluginCase& each, JobId id) const {
    const std::string own = std::to_string(id.value);
    jobs::JobRequest request;
    request.job = id;
    request.run_id = "selftest-" + random_hex(8);
    request.work_item = k_work_item;
    request.title = "self-test";
    request.stage = *parse_stage(each.stage);
    request.repo = "selftest";
    request.default_branch = "main";
    request.branch = "main";
    request.contract = each.contract;
    if (each.has_repository) {
      request.clone_url = (folders_.root / "origin").string();
      request.head_commit = commit_;
    }
    request.bare_repository = folders_.root / ("bare-" + own + ".git");
    request.worktree = folders_.root / ("work-" + own);
    request.verification = folders_.verification(id, 1);
    request.plugin_state = folders_.plugin_state(own);
    request.chain = {{.position = 0,
                      .plugin = k_link,
                      .library = loaded_.library,
                      .settings = std::string(each.settings),
                      .timeout = k_limit}};
    request.decide_timeout = config_.decide_timeout;
    request.kill_grace = config_.kill_grace;
    request.limit = k_limit;
    return request;
  }

  Status prepare(const PluginCase& each, const jobs::JobRequest& request) const {
    const fs::path state = request.plugin_state / k_link;
    if (each.type == "deploy-finalizer" && each.has_repository)
      ORC_CHECK_OK(put_file(state / "intent.json", filled(deploy_intent(), commit_)));
    if (each.file.empty()) return Done{};
    const fs::path file(each.file);
    const fs::path below = file.lexically_relative(*file.begin());
    const bool in_state = *file.begin() == "state";
    return put_file((in_state ? state : request.worktree) / below, filled(each.text, commit_));
  }

  void wait_for(const process::Child& child) const {
    const MonoTime deadline = mono_now() + k_limit;
    pollfd polled{child.pidfd.get(), POLLIN, 0};
    while (::poll(&polled, 1, k_look_ms) != 1) {
      if (mono_now() < deadline && !(cancelled_ && cancelled_())) continue;
      ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
    }
  }

  // "pass: result: PASS": as the engine would decide, the text behind the word.
  Result<std::string> judge(const jobs::JobRequest& request,
                            const jobs::WorkerReport& report) const {
    if (!std::holds_alternative<Verdict>(report.outcome))
      return std::string(name_of(report.outcome)) + ": " + text_of(report.outcome);
    const Task task{.work_item = k_work_item, .stage = request.stage};
    const Job job{.id = request.job, .stage = request.stage, .attempt = 1};
    ORC_TRY(const engine::Intake intake,
            engine::make_evidence_folders(folders_)->take_in(task, job, report, wall_now()));
    const GateDecision decision = evaluate_gate({.rule = *find_rule(request.stage),
                                                 .work_item = k_work_item,
                                                 .attempt = 1,
                                                 .content_id = report.content_id,
                                                 .evidence = intake.evidence});
    return std::string(name_of(decision)) + ": " + text_of(decision);
  }

  const config::LoadedPlugin& loaded_;
  const config::Config& config_;
  const std::unique_ptr<engine::Launcher> launcher_;
  const engine::StateFolders folders_;
  const std::function<bool()>& cancelled_;
  std::string commit_;
};

}  // namespace

std::set<std::string> selftested_types() {
  std::set<std::string> types;
  for (const PluginCase& each : plugin_cases()) types.emplace(each.type);
  return types;
}

std::vector<engine::SelftestRow> try_plugins(const config::Generation& generation,
                                     const std::set<std::string>& known, const fs::path& worker,
                                     const fs::path& scratch,
                                     const std::function<bool()>& cancelled) {
  std::vector<engine::SelftestRow> rows;
  const std::set<std::string> types = selftested_types();
  std::set<std::string> done = known;
  for (const auto& [name, loaded] : generation.plugins) {
    const bool is_tried = types.contains(loaded.type) && !loaded.library.empty();
    if (!is_tried || !done.insert(loaded.sha256).second) continue;
    const fs::path folder = scratch / ("selftest-" + random_hex(8));
    std::optional<engine::SelftestRow> row =
        Plugin(loaded, generation.config, worker, folder, cancelled).run();
    (void)remove_tree(folder);
    if (!row) return rows;
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace orc::app
