// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_description.h"

#include <orchestrator/plugin/abi.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/text.h"
#include "config/generation.h"
#include "process/process.h"

namespace orc::config {

namespace {

using nlohmann::json;

constexpr Millis k_timeout{10'000};
constexpr Millis k_grace{500};
constexpr std::size_t k_max_remembered = 512;

class Memory {
 public:
  std::optional<Description> find(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(key);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const std::string& key, const Description& description) {
    const std::scoped_lock lock(mutex_);
    if (known_.size() >= k_max_remembered) known_.clear();
    known_.insert_or_assign(key, description);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Description> known_;
};

Memory& memory() {
  static Memory descriptions;
  return descriptions;
}

std::optional<std::string> configure_answer(const json& answer) {
  const auto configure = answer.find("configure");
  if (configure == answer.end() || configure->at("ok").get<bool>()) return std::nullopt;
  const auto messages = configure->value("messages", std::vector<std::string>{});
  return messages.empty() ? "the plugin gave no reason" : join(messages, "; ");
}

Result<Description> parse_answer(const std::string& text) {
  return guard("gave an answer that cannot be read", [&]() -> Result<Description> {
    const json answer = json::parse(text);
    Description description;
    description.id = answer.at("id").get<std::string>();
    description.version = answer.at("version").get<std::string>();
    description.abi = answer.at("abi").get<std::string>();
    description.description = answer.value("description", "");
    description.capabilities = answer.value("capabilities", std::vector<std::string>{});
    for (const json& claim : answer.at("stages")) {
      description.stages.push_back(
          StageClaim{claim.at("stage").get<std::string>(), claim.value("verdict_key", "")});
    }
    description.default_timeout = Millis{answer.value("default_timeout_ms", std::int64_t{0})};
    description.settings_schema = answer.value("settings_schema", json::object()).dump();
    description.refused_settings = configure_answer(answer);
    return description;
  });
}

std::string last_line(std::string_view text) {
  text = trim(text);
  const std::size_t newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1))
      .substr(0, 200);
}

Error refusal(int code, const process::RunResult& run) {
  const json answer = json::parse(run.out, nullptr, false);
  if (answer.is_object() && answer.contains("refused") && answer["refused"].is_string()) {
    return Error{ErrorKind::refused, "is refused: " + answer["refused"].get<std::string>()};
  }
  const std::string reason = last_line(run.err);
  return Error{ErrorKind::internal, "could not be described: exit code " + std::to_string(code) +
                                        (reason.empty() ? "" : ", " + reason)};
}

// What the worker wrote, where it came to its end.
Result<std::string> answer_of(const process::RunResult& run, std::string_view doing) {
  return std::visit(
      overloaded{
          [&](const process::Exited& exited) -> Result<std::string> {
            if (exited.code != 0) return refusal(exited.code, run);
            return run.out;
          },
          [&](const process::Signalled& ended) -> Result<std::string> {
            return Error{ErrorKind::internal, "crashed while it was " + std::string(doing) +
                                                  " (signal " + std::to_string(ended.signal) + ")"};
          },
          [](const process::TimedOut&) -> Result<std::string> {
            return Error{ErrorKind::unavailable, "gave no answer within " + to_words(k_timeout)};
          },
          [](const process::Cancelled&) -> Result<std::string> {
            return Error{ErrorKind::unavailable, "was not asked to the end"};
          },
          [](const process::NotStarted& failed) -> Result<std::string> {
            return Error{ErrorKind::io,
                         "could not be asked, its worker did not start: " + failed.text};
          }},
      run.end);
}

process::RunSpec question(const std::filesystem::path& worker, const Library& library,
                          const std::optional<std::string>& settings) {
  process::RunSpec spec;
  std::error_code failed;
  spec.spawn.argv = {std::filesystem::absolute(worker, failed).string(), "--describe",
                     library.copy.string()};
  spec.spawn.env = process::base_environment();
  spec.spawn.cwd = "/";
  if (settings) {
    spec.spawn.argv.insert(spec.spawn.argv.end(), {"--settings", "-"});
    spec.stdin_text = *settings;
  }
  spec.timeout = k_timeout;
  spec.grace = k_grace;
  return spec;
}

}  // namespace

Result<Description> describe_plugin(const std::filesystem::path& worker, const Library& library,
                                    const std::optional<std::string>& settings) {
  const std::string key = worker.string() + '\0' + library.sha256 + '\0' + settings.value_or("-");
  if (auto known = memory().find(key)) return std::move(*known);
  const process::RunResult run = process::run(question(worker, library, settings));
  ORC_TRY(const std::string answer, answer_of(run, settings ? "configured" : "loaded"));
  auto description = parse_answer(answer);
  if (description.ok()) memory().keep(key, description.value());
  return description;
}

std::string plugin_abi() {
  return std::to_string(ORCH_ABI_MAJOR) + "." + std::to_string(ORCH_ABI_MINOR);
}

Result<EmptyAnswer> ask_about_empty_task(const std::filesystem::path& worker,
                                         const Library& library, const std::string& settings,
                                         std::string_view stage) {
  process::RunSpec spec = question(worker, library, settings);
  spec.spawn.argv.insert(spec.spawn.argv.end(), {"--empty-task", std::string(stage)});
  ORC_TRY(const std::string text, answer_of(process::run(spec), "asked"));
  return guard("gave an answer that cannot be read", [&]() -> Result<EmptyAnswer> {
    const json all = json::parse(text);
    if (const auto refused = configure_answer(all))
      return Error{ErrorKind::refused, "refuses its settings: " + *refused};
    const json& said = all.at("empty_task");
    return EmptyAnswer{.accepted = said.value("accepted", false),
                       .reason = said.value("reason", ""),
                       .text = said.value("text", said.value("fault", "")),
                       .faulted = said.contains("fault"),
                       .left_running = all.value("left_running", 0)};
  });
}

}  // namespace orc::config
