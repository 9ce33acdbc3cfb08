// SPDX-License-Identifier: Apache-2.0
#include "app/selftest/selftest.h"

#include <optional>

#include "app/selftest/plugin_cases.h"
#include "app/trial/origin.h"
#include "app/trial/trial.h"
#include "base/digest.h"
#include "base/file.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

constexpr Millis k_limit{60'000};
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

class Plugin {
 public:
  Plugin(const config::LoadedPlugin& loaded, const config::Config& config, fs::path worker,
         const fs::path& scratch, const std::function<bool()>& cancelled)
      : loaded_(loaded),
        config_(config),
        trials_(std::move(worker), scratch, cancelled),
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
    if (each.has_repository && origin_.commit.empty()) {
      ORC_TRY(origin_,
              make_origin({.source = {}, .files = {}, .base_branch = "main", .branch = "work"},
                          trials_.folders().root / "origin.git"));
    }
    const jobs::JobRequest request = request_of(each, id);
    ORC_CHECK_OK(prepare(each, request));
    ORC_TRY(const Tried tried, trials_.carry_out(request));
    if (tried.gate) return std::string(name_of(*tried.gate)) + ": " + text_of(*tried.gate);
    return std::string(name_of(tried.report.outcome)) + ": " + text_of(tried.report.outcome);
  }

  jobs::JobRequest request_of(const PluginCase& each, JobId id) const {
    jobs::JobRequest request = trials_.request(id, *parse_stage(each.stage), k_work_item);
    request.title = "self-test";
    request.repo = "selftest";
    request.default_branch = "main";
    request.branch = "work";
    request.contract = each.contract;
    if (each.has_repository) {
      request.clone_url = origin_.repository.string();
      request.head_commit = origin_.commit;
    }
    request.chain = {{.position = 0,
                      .plugin = k_link,
                      .library = loaded_.library,
                      .settings = std::string(each.settings),
                      .timeout = k_limit}};
    request.decide_timeout = config_.decide_timeout;
    request.kill_grace = config_.kill_grace;
    return request;
  }

  Status prepare(const PluginCase& each, const jobs::JobRequest& request) const {
    const fs::path state = request.plugin_state / k_link;
    if (each.type == "deploy-finalizer" && each.has_repository)
      ORC_CHECK_OK(put_file(state / "intent.json", filled(deploy_intent(), origin_.commit)));
    if (each.file.empty()) return Done{};
    const fs::path file(each.file);
    const fs::path below = file.lexically_relative(*file.begin());
    const bool in_state = *file.begin() == "state";
    return put_file((in_state ? state : request.worktree) / below,
                    filled(each.text, origin_.commit));
  }

  const config::LoadedPlugin& loaded_;
  const config::Config& config_;
  Trials trials_;
  const std::function<bool()>& cancelled_;
  Origin origin_;  // of one empty commit; made for the first case that needs one
};

}  // namespace

std::set<std::string> selftested_types() {
  std::set<std::string> types;
  for (const PluginCase& each : plugin_cases()) types.emplace(each.type);
  return types;
}

std::vector<engine::SelftestRow> try_plugins(const config::Generation& generation,
                                             const std::set<std::string>& known,
                                             const fs::path& worker, const fs::path& scratch,
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
