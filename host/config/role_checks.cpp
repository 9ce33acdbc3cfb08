// SPDX-License-Identifier: Apache-2.0
// Rules about the roles: their models and prompts, and what their runs may use and cost.
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "config/decode.h"
#include "domain/prompt_canon.h"

namespace orc::config {

namespace {

constexpr std::size_t k_largest_prompt = 256 * 1024;

class RoleCheck {
 public:
  RoleCheck(const Decoded& decoded, Findings& findings)
      : decoded_(decoded), config_(decoded.config), findings_(findings) {}

  void run() {
    check_roles();
    check_llm();
  }

 private:
  void error(const std::string& key, std::string problem, std::string fix = "") {
    findings_.error(decoded_.nearest_origin(key), key, std::move(problem), std::move(fix));
  }

  void check_roles() {
    for (const auto& [role, settings] : config_.roles) {
      const std::string key = "roles." + std::string(to_string(role));
      if (trim(settings.model).empty())
        error(key + ".model", "found an empty text, wanted a model");
      check_prompt(key + ".prompt", settings.prompt);
    }
  }

  // An agent whose task is an unknown variable works without one.
  void check_prompt(const std::string& key, const std::filesystem::path& file) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(file, failed))
      return error(key, "no such file: " + file.string());
    const Result<std::string> text = read_file(file, k_largest_prompt);
    if (!text.ok()) return error(key, text.error().message);
    for (const PromptFinding& found : check_prompt_variables(text.value())) {
      error(key, file.string() + ":" + std::to_string(found.line) + ": " + found.problem,
            "correct it in the prompt");
    }
  }

  void check_llm() {
    const LlmSettings& llm = config_.llm;
    check_reserve("llm.task_budget", llm.task_budget);
    check_reserve("llm.day_budget", llm.day_budget);
    bool counts_money = llm.task_budget.cost_micro_usd || llm.day_budget.cost_micro_usd;
    for (const auto& [role, settings] : config_.roles) {
      check_reserve("roles." + std::string(to_string(role)) + ".day_budget", settings.day_budget);
      counts_money = counts_money || settings.day_budget.cost_micro_usd;
    }
    for (const auto& [model, price] : llm.prices) {
      const std::string key = "prices." + join_path({model});
      if (!price.input) error(key + ".input", "is missing");
      if (!price.output) error(key + ".output", "is missing");
    }
    if (counts_money) check_prices();
  }

  // A program that names its cost does not name it when it is killed.
  void check_prices() {
    std::set<std::string> asked;
    for (const auto& [role, settings] : config_.roles) {
      if (config_.llm.prices.contains(settings.model) || !asked.insert(settings.model).second)
        continue;
      const std::string price = "prices." + join_path({settings.model});
      error("roles." + std::string(to_string(role)) + ".model",
            "a budget counts money, and the price of " + settings.model + " is not known",
            "add " + price + ".input and .output, in US dollars for a million tokens");
    }
  }

  void check_reserve(const std::string& key, const LlmLimits& limits) {
    const LlmSettings& llm = config_.llm;
    const std::string fix = "raise it, or lower what llm.reserve sets aside for a run";
    if (limits.tokens && llm.reserve_tokens > *limits.tokens) {
      error(key + ".tokens", "below llm.reserve.tokens: no run would ever start", fix);
    }
    if (limits.cost_micro_usd && llm.reserve_cost_micro_usd > *limits.cost_micro_usd) {
      error(key + ".cost_usd", "below llm.reserve.cost_usd: no run would ever start", fix);
    }
  }

  const Decoded& decoded_;
  const Config& config_;
  Findings& findings_;
};

}  // namespace

void check_roles(const Decoded& decoded, Findings& findings) {
  RoleCheck(decoded, findings).run();
}

}  // namespace orc::config
