// SPDX-License-Identifier: Apache-2.0
// For a plugin's own tests: a host that runs nothing and records everything, and a request made of
// owned texts. Single-threaded but for cancel().
//
//   FakeHost host;
//   host.will_run(exited(1, "1 failed"));
//   RequestBuilder request;
//   request.stage = "testing";
//   Outcome outcome = producer.produce(request.build(), host);
#ifndef ORCHESTRATOR_PLUGIN_TESTING_HPP
#define ORCHESTRATOR_PLUGIN_TESTING_HPP

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "orchestrator/plugin/sdk.hpp"

namespace orchestrator::plugin::test {

inline ProcessResult exited(int code, std::string out = "", std::string err = "") {
  return {Exited{code}, std::move(out), std::move(err), false, Milliseconds{1}};
}
inline ProcessResult signalled(int signal) {
  return {Signalled{signal}, {}, {}, false, Milliseconds{1}};
}
inline ProcessResult timed_out() {
  return {TimedOut{}, {}, {}, false, Milliseconds{1}};
}
inline ProcessResult cancelled() {
  return {Cancelled{}, {}, {}, false, Milliseconds{1}};
}
inline ProcessResult not_started(int error_number, std::string text = "not started") {
  return {NotStarted{error_number, std::move(text)}, {}, {}, false, Milliseconds{0}};
}

// A fresh folder, removed with everything in it at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "orch-plugin-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class FakeHost : public Host {
 public:
  using Script = std::function<ProcessResult(const Process&)>;

  // --- the script ---
  // Answers for run(), in order; used when no rule of when() fits.
  void will_run(ProcessResult result) { queue_.push_back(std::move(result)); }
  // Every run of a program of this name (argv[0], or its last path component).
  void when(const std::string& program, Script script) { rules_[program] = std::move(script); }
  void when(const std::string& program, ProcessResult result) {
    when(program, [result](const Process&) { return result; });
  }
  void cancel() { cancelled_ = true; }
  void advance(Milliseconds by) {
    now_ms += by;
    remaining_ms = remaining_ms > by ? remaining_ms - by : Milliseconds{0};
  }

  Milliseconds now_ms{1'700'000'000'000};
  Milliseconds remaining_ms{std::chrono::minutes(15)};
  bool has_state_dir = true;

  // --- what happened ---
  struct LogLine {
    Level level;
    std::string text;
  };
  std::vector<Process> runs;
  std::vector<LogLine> logs;
  std::map<std::string, std::string> aux_files;
  std::vector<AgentRun> agent_runs;
  std::vector<std::string> progress_lines;
  std::string base_folder;  // what base_checkout() answers
  // What repositories() answers, and what was said of each.
  std::vector<Request> preflight_repositories;
  struct Found {
    bool in_order = false;
    std::string text;
  };
  std::map<std::size_t, Found> found_lines;

  bool logged(std::string_view part) const {
    for (const LogLine& line : logs) {
      if (line.text.find(part) != std::string::npos) return true;
    }
    return false;
  }

  // --- Host ---
  void log(Level level, std::string_view message) override {
    logs.push_back({level, std::string(message)});
  }
  bool cancelled() override { return cancelled_; }
  Milliseconds now() override { return now_ms; }
  Milliseconds remaining() override { return remaining_ms; }
  // A program that nobody scripted is not there: ENOENT.
  ProcessResult run(const Process& process) override {
    runs.push_back(process);
    ProcessResult result = answer(process);
    if (process.on_output) {
      if (!result.out.empty()) process.on_output(Stream::out, result.out);
      if (!result.err.empty()) process.on_output(Stream::err, result.err);
    }
    advance(result.duration);
    return result;
  }
  std::string state_dir() override {
    return has_state_dir ? state_.path().string() : std::string();
  }
  bool write_aux(std::string_view name, std::string_view bytes) override {
    aux_files[std::string(name)] = std::string(bytes);
    return true;
  }
  void progress(std::string_view text) override { progress_lines.emplace_back(text); }
  bool record_agent_run(const AgentRun& run) override {
    agent_runs.push_back(run);
    return true;
  }
  std::string base_checkout() override { return base_folder; }
  std::vector<Request> repositories() override { return preflight_repositories; }
  void found(std::size_t repository, bool in_order, std::string_view text) override {
    found_lines[repository] = {in_order, std::string(text)};
  }

 private:
  ProcessResult answer(const Process& process) {
    const std::string program = process.argv.empty() ? "" : process.argv.front();
    for (const std::string& name : {program, program.substr(program.rfind('/') + 1)}) {
      const auto rule = rules_.find(name);
      if (rule != rules_.end()) return rule->second(process);
    }
    if (queue_.empty()) return not_started(ENOENT, program + ": not scripted");
    ProcessResult result = std::move(queue_.front());
    queue_.pop_front();
    return result;
  }

  ScratchFolder state_;
  std::deque<ProcessResult> queue_;
  std::map<std::string, Script> rules_;
  std::atomic<bool> cancelled_{false};
};

// Owns the texts of a request. What build() returns is a view: it lives as long as the builder is
// unchanged.
class RequestBuilder {
 public:
  struct Rule {
    std::string file;
    bool required = true;
  };

  int attempt = 1;
  std::string job = "1";
  std::string run_id = "run-1";
  std::string work_item = "DEMO-1";
  std::string title = "A demonstration";
  std::string request;
  std::string feedback;
  std::string stage = "testing";
  std::string role = "tester";
  std::string model = "model";
  std::string effort = "medium";
  std::string repo = "demo";
  std::string branch = "feature/demo-1";
  std::string base_branch = "main";
  std::string commit;
  std::string base_commit;
  std::string content_id;
  std::string worktree;
  std::string verification;
  std::string artifact_dir;
  std::string scratch;
  std::string prompt_file;
  std::string contract = "{}";
  std::string resume_token;
  std::string approved_by;
  std::string verdict_key = "result";
  std::vector<std::string> tokens{"PASS", "FAIL", "BLOCKED"};
  std::vector<Rule> artifacts{{"13-test-report.md", true}};

  Request build();
  orch_request raw();

 private:
  std::vector<orch_str> raw_tokens_;
  std::vector<orch_artifact> raw_artifacts_;
};

inline orch_request RequestBuilder::raw() {
  raw_tokens_.clear();
  for (const std::string& token : tokens) raw_tokens_.push_back(line::to_abi(token));
  raw_artifacts_.clear();
  for (const Rule& rule : artifacts) {
    auto artifact = line::sized<orch_artifact>();
    artifact.required = rule.required ? 1 : 0;
    artifact.file = line::to_abi(rule.file);
    raw_artifacts_.push_back(artifact);
  }
  auto made = line::sized<orch_request>();
  made.attempt = attempt;
  const std::pair<orch_str orch_request::*, const std::string*> texts[] = {
      {&orch_request::job, &job},
      {&orch_request::run_id, &run_id},
      {&orch_request::work_item, &work_item},
      {&orch_request::title, &title},
      {&orch_request::request, &request},
      {&orch_request::feedback, &feedback},
      {&orch_request::stage, &stage},
      {&orch_request::role, &role},
      {&orch_request::model, &model},
      {&orch_request::effort, &effort},
      {&orch_request::repo, &repo},
      {&orch_request::branch, &branch},
      {&orch_request::base_branch, &base_branch},
      {&orch_request::commit, &commit},
      {&orch_request::base_commit, &base_commit},
      {&orch_request::content_id, &content_id},
      {&orch_request::worktree, &worktree},
      {&orch_request::verification, &verification},
      {&orch_request::artifact_dir, &artifact_dir},
      {&orch_request::scratch, &scratch},
      {&orch_request::prompt_file, &prompt_file},
      {&orch_request::contract, &contract},
      {&orch_request::resume_token, &resume_token},
      {&orch_request::verdict_key, &verdict_key},
      {&orch_request::approved_by, &approved_by},
  };
  for (const auto& [field, text] : texts) made.*field = line::to_abi(*text);
  made.tokens = raw_tokens_.data();
  made.token_count = raw_tokens_.size();
  made.artifacts = raw_artifacts_.data();
  made.artifact_count = raw_artifacts_.size();
  made.artifact_stride = sizeof(orch_artifact);
  return made;
}

inline Request RequestBuilder::build() {
  return Request(raw());
}

}  // namespace orchestrator::plugin::test

#endif
