// SPDX-License-Identifier: Apache-2.0
#include "config/preflight.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "process/process.h"

namespace orc::config {

namespace {

using nlohmann::json;

constexpr Millis k_limit{30'000};
constexpr Millis k_more_than_asked{2'000};
constexpr Millis k_grace{1'000};

bool stands_in_a_chain(const Config& config, const std::string& plugin) {
  return std::any_of(config.stages.begin(), config.stages.end(), [&](const auto& row) {
    const StageChain& chain = row.second;
    const auto holds = [&](const std::vector<std::string>& links) {
      return std::find(links.begin(), links.end(), plugin) != links.end();
    };
    return holds(chain.producers) || holds(chain.shadows);
  });
}

json repositories_of(const Config& config, const Plugin& plugin, const PreflightTerms& terms) {
  json rows = json::array();
  for (const auto& [name, repo] : config.repos) {
    if (!plugin.repos.covers(name, repo.self_hosting)) continue;
    const auto view = std::find_if(terms.views.begin(), terms.views.end(),
                                   [&](const RepositoryView& v) { return v.repo == name; });
    rows.push_back({{"repo", name},
                    {"base_branch", repo.default_branch},
                    {"contract", repo.contract},
                    {"verification", view == terms.views.end() ? "" : view->files.string()}});
  }
  return rows;
}

PreflightRow row_of(const json& object, const std::string& plugin) {
  const bool in_order = object.at("in_order").get<bool>();
  return {.plugin = plugin,
          .repo = object.value("repo", ""),
          .state = in_order ? PreflightState::passed : PreflightState::failed,
          .text = object.at("text").get<std::string>()};
}

std::string why_no_answer(const process::RunEnd& end) {
  return std::visit(
      overloaded{
          [](const process::Exited& e) {
            return "its preflight ended with exit code " + std::to_string(e.code);
          },
          [](const process::Signalled& s) {
            return "it crashed in its preflight (signal " + std::to_string(s.signal) + ")";
          },
          [](const process::TimedOut&) {
            return "its preflight took longer than " + to_words(k_limit);
          },
          [](const process::Cancelled&) { return std::string("it was not asked to the end"); },
          [](const process::NotStarted& n) {
            return "its preflight could not be started: " + n.text;
          }},
      end);
}

std::vector<PreflightRow> read_answer(const process::RunResult& run, const std::string& plugin) {
  const PreflightRow nothing{.plugin = plugin, .repo = "", .text = why_no_answer(run.end)};
  const json answer = json::parse(run.out, nullptr, false);
  if (!answer.is_object()) return {nothing};
  if (answer.contains("refused")) {
    PreflightRow refused = nothing;
    refused.text = answer.value("refused", "");
    return {refused};
  }
  const auto rows = guard("preflight", [&]() -> Result<std::vector<PreflightRow>> {
    std::vector<PreflightRow> all{row_of(answer, plugin)};
    for (const json& repository : answer.at("repositories")) {
      all.push_back(row_of(repository, plugin));
    }
    return all;
  });
  return rows.ok() ? rows.value() : std::vector<PreflightRow>{nothing};
}

}  // namespace

std::string_view to_string(PreflightState state) {
  switch (state) {
    case PreflightState::passed:
      return "passed";
    case PreflightState::failed:
      return "failed";
    case PreflightState::unknown:
      return "unknown";
  }
  return "";
}

std::string subject_of(const PreflightRow& row) {
  return row.repo.empty() ? row.plugin : row.plugin + " · " + row.repo;
}

std::vector<std::string> plugins_with_preflight(const Generation& generation) {
  std::vector<std::string> names;
  for (const auto& [name, loaded] : generation.plugins) {
    const bool is_on = generation.config.plugins.at(name).enabled && loaded.refused.empty();
    if (is_on && loaded.has_preflight && stands_in_a_chain(generation.config, name)) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<PreflightRow> ask_preflight(const Generation& generation, const std::string& name,
                                        const PreflightTerms& terms) {
  const Plugin& plugin = generation.config.plugins.at(name);
  const Result<std::string> secrets = resolve_secrets(plugin.settings);
  if (!secrets.ok()) {
    return {{.plugin = name,
             .repo = "",
             .state = PreflightState::failed,
             .text = secrets.error().message}};
  }
  const json question{
      {"settings", json::parse(plugin.settings.empty() ? "{}" : plugin.settings, nullptr, false)},
      {"secrets", json::parse(secrets.value(), nullptr, false)},
      {"scratch", terms.scratch.string()},
      {"run_id", "preflight-" + random_hex(8)},
      {"limit_ms", k_limit.count()},
      {"repositories", repositories_of(generation.config, plugin, terms)}};
  process::RunSpec spec;
  spec.spawn.argv = {terms.worker.string(), "--preflight",
                     generation.plugins.at(name).library.string()};
  spec.spawn.env = process::base_environment();
  spec.spawn.cwd = "/";
  spec.stdin_text = question.dump(-1, ' ', false, json::error_handler_t::replace);
  // The plugin's own programs are given up at the limit; then it has a moment to say so.
  spec.timeout = k_limit + k_more_than_asked;
  spec.grace = k_grace;
  spec.cancelled = terms.cancelled;
  return read_answer(process::run(spec), name);
}

}  // namespace orc::config
