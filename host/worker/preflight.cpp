// SPDX-License-Identifier: Apache-2.0
#include "worker/preflight.h"

#include <unistd.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/redact.h"
#include "base/text.h"
#include "worker/answer.h"
#include "worker/plugin.h"
#include "worker/run_spec.h"
#include "worker/secrets.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr std::size_t k_question_limit = 32 << 20;
constexpr std::size_t k_text_limit = 1024;
constexpr Millis k_grace{500};

struct Repository {
  std::string repo;
  std::string base_branch;
  std::string contract;
  std::string verification;
};

struct Question {
  std::string settings;
  Secrets secrets;
  std::string scratch;
  std::string run_id;
  Millis limit{0};
  std::vector<Repository> repositories;
};

Result<Question> read_question() {
  ORC_TRY(const std::string text, read_stdin(k_question_limit));
  return guard("the question cannot be read", [&]() -> Result<Question> {
    const json object = json::parse(text);
    Question question{.settings = object.at("settings").dump(),
                      .secrets = object.value("secrets", Secrets{}),
                      .scratch = object.at("scratch").get<std::string>(),
                      .run_id = object.at("run_id").get<std::string>(),
                      .limit = Millis{object.at("limit_ms").get<std::int64_t>()},
                      .repositories = {}};
    for (const json& row : object.at("repositories")) {
      question.repositories.push_back({.repo = row.at("repo").get<std::string>(),
                                       .base_branch = row.at("base_branch").get<std::string>(),
                                       .contract = row.at("contract").get<std::string>(),
                                       .verification = row.value("verification", "")});
    }
    return question;
  });
}

// The host's side of the table during a preflight: programs that change nothing, and answers about
// repositories; everything that belongs to a job is closed. Lives to the end of the process.
class PreflightHost {
 public:
  explicit PreflightHost(Question question) : question_(std::move(question)) {
    found_.resize(question_.repositories.size());
    for (const Repository& repository : question_.repositories) {
      orch_request request{};
      request.struct_size = sizeof(request);
      request.repo = to_abi(repository.repo);
      request.base_branch = to_abi(repository.base_branch);
      request.contract = to_abi(repository.contract);
      request.verification = to_abi(repository.verification);
      request.scratch = to_abi(question_.scratch);
      requests_.push_back(request);
    }
    table_.struct_size = sizeof(orch_host);
    table_.abi_minor = ORCH_ABI_MINOR;
    table_.context = this;
    table_.log = [](void*, std::int32_t level, orch_str message) {
      if (level < ORCH_LOG_WARNING) return;
      const std::string line = redacted(printable(to_utf8(view(message).substr(0, k_text_limit)))) + "\n";
      (void)!::write(STDERR_FILENO, line.data(), line.size());
    };
    table_.cancelled = [](void* context) -> std::int32_t {
      return self(context).remaining() <= Millis{0} ? 1 : 0;
    };
    table_.now_ms = [](void*) { return static_cast<std::uint64_t>(wall_now().ms); };
    table_.remaining_ms = [](void* context) {
      return static_cast<std::uint64_t>(self(context).remaining().count());
    };
    table_.run_process = [](void* context, const orch_process* spec, orch_process_result* result) {
      return self(context).run(spec, result);
    };
    table_.submit = [](void*, const orch_outcome*) -> orch_status { return ORCH_E_STATE; };
    table_.get_extension = [](void*, orch_str name) -> const void* {
      static constexpr orch_ext_preflight k_extension{
          sizeof(orch_ext_preflight), 0, &PreflightHost::count, &PreflightHost::repository,
          &PreflightHost::found};
      return view(name) == ORCH_EXT_PREFLIGHT ? &k_extension : nullptr;
    };
  }

  const orch_host& table() const { return table_; }
  const Question& question() const { return question_; }

  json found_rows() const {
    json rows = json::array();
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!found_[i]) continue;
      rows.push_back({{"repo", question_.repositories[i].repo},
                      {"in_order", found_[i]->in_order},
                      {"text", found_[i]->text}});
    }
    return rows;
  }

 private:
  struct Found {
    bool in_order = false;
    std::string text;
  };

  static PreflightHost& self(void* context) { return *static_cast<PreflightHost*>(context); }
  static std::uint64_t count(void* context) { return self(context).requests_.size(); }
  static const orch_request* repository(void* context, std::uint64_t index) {
    const auto& requests = self(context).requests_;
    return index < requests.size() ? &requests[index] : nullptr;
  }
  static void found(void* context, std::uint64_t index, orch_status status, orch_str text) {
    PreflightHost& host = self(context);
    const std::lock_guard lock(host.mutex_);
    if (index >= host.found_.size()) return;
    host.found_[index] =
        Found{status == ORCH_OK, printable(to_utf8(view(text).substr(0, k_text_limit)))};
  }

  Millis remaining() const {
    return std::max(Millis{0}, std::chrono::duration_cast<Millis>(deadline_ - mono_now()));
  }

  orch_status run(const orch_process* spec, orch_process_result* raw) {
    if (spec == nullptr || raw == nullptr || spec->struct_size < sizeof(orch_process) ||
        raw->struct_size < sizeof(orch_process_result) || !is_sound(*spec)) {
      return ORCH_E_ARGUMENT;
    }
    // A preflight changes nothing.
    if (spec->mutating != 0 || spec->detached != 0) return ORCH_E_ARGUMENT;
    process::RunResult result = process::run(to_run_spec(*spec, {.cwd = question_.scratch,
                                                                 .environment = {},
                                                                 .run_id = question_.run_id,
                                                                 .remaining = remaining(),
                                                                 .grace = k_grace}));
    const std::lock_guard lock(mutex_);
    process::RunResult& kept = results_[std::this_thread::get_id()];
    kept = std::move(result);
    fill(*raw, kept);
    return ORCH_OK;
  }

  const Question question_;
  std::vector<orch_request> requests_;
  orch_host table_{};
  const MonoTime deadline_ = mono_now() + question_.limit;
  mutable std::mutex mutex_;
  std::vector<std::optional<Found>> found_;
  std::map<std::thread::id, process::RunResult> results_;  // one a thread: their texts are lent out
};

Result<json> ask(const PluginLibrary& library) {
  ORC_CHECK_OK(process::become_subreaper());
  ORC_TRY(Question question, read_question());
  for (const auto& [label, value] : question.secrets) keep_secret(value);
  ORC_TRY(const std::string settings,
          fill_in(question.settings, question.secrets, MissingSecret::refuse));
  // Both live to the end of the process, as threads of the plugin may.
  auto* host = new PreflightHost(std::move(question));
  auto* plugin = new Plugin(library);
  ORC_CHECK_OK(plugin->create(host->table()));
  ORC_CHECK_OK(plugin->configure(settings));
  ORC_TRY(const std::string wrong, plugin->preflight());
  return json{{"in_order", wrong.empty()}, {"text", wrong}, {"repositories", host->found_rows()}};
}

}  // namespace

int preflight(const std::filesystem::path& library_path) {
  const UniqueFd answer = take_stdout();
  const Result<PluginLibrary> library = PluginLibrary::load(library_path);
  if (!library.ok()) answer_and_exit(answer, {{"refused", library.error().message}}, 1);
  const Result<json> object = ask(library.value());
  if (!object.ok()) answer_and_exit(answer, {{"refused", object.error().message}}, 1);
  answer_and_exit(answer, object.value(), 0);
}

}  // namespace orc::worker
