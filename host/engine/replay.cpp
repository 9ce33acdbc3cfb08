// SPDX-License-Identifier: Apache-2.0
#include "engine/replay.h"

#include <algorithm>

#include "base/text.h"
#include "engine/chain.h"

namespace orc::engine {

namespace {

// Every library is taken to be there: the question is what the configuration says.
config::Generation assumed(const config::Config& config) {
  config::Generation generation;
  generation.config = config;
  for (const auto& [name, plugin] : config.plugins)
    generation.plugins[name] = {.name = name, .type = plugin.type, .library = "assumed"};
  return generation;
}

const ChainDecision* decision_of(const PastRun& run, const std::string& producer) {
  const auto asked = [&](const ChainDecision& decision) {
    return decision.producer == producer &&
           (decision.decision == Decision::accepted || decision.decision == Decision::declined);
  };
  const auto found = std::find_if(run.decisions.begin(), run.decisions.end(), asked);
  return found != run.decisions.end() ? &*found : nullptr;
}

struct Choice {
  std::string producer;  // empty: nobody
  bool is_known = true;  // it took the job then
  std::string because;   // why those before it are not asked
};

Choice choice_under(const PastRun& run, const config::Config& config) {
  const auto repo = config.repos.find(run.task.repo);
  const bool self_hosting = repo != config.repos.end() && repo->second.self_hosting;
  const ResolvedChain chain =
      resolve_chain(assumed(config), run.job.stage, run.task.repo, self_hosting, {}, 0);
  Choice choice;
  for (const ChainDecision& skipped : chain.skipped) {
    choice.because += (choice.because.empty() ? "" : "; ") + skipped.producer + ": " + skipped.text;
  }
  for (const jobs::RequestLink& link : chain.links) {
    const ChainDecision* then = decision_of(run, link.plugin);
    if (then != nullptr && then->decision == Decision::declined) continue;
    choice.producer = link.plugin;
    choice.is_known = then != nullptr;
    return choice;
  }
  return choice;
}

std::string in_words(const Choice& choice) {
  if (choice.producer.empty()) return "nobody: the task would be held";
  return choice.is_known ? choice.producer
                         : choice.producer + " would be asked first; it was not asked then";
}

// Keys below `prefix` whose values differ.
std::vector<std::string> changed_below(const std::string& prefix, const config::Loaded& before,
                                       const config::Loaded& after) {
  std::vector<std::string> changed;
  const auto collect = [&](const auto& one, const auto& other) {
    for (auto at = one.lower_bound(prefix); at != one.end() && at->first.starts_with(prefix);
         ++at) {
      const auto there = other.find(at->first);
      const bool same = there != other.end() && there->second == at->second;
      const bool listed = std::find(changed.begin(), changed.end(), at->first) != changed.end();
      if (!same && !listed) changed.push_back(at->first);
    }
  };
  collect(before.values, after.values);
  collect(after.values, before.values);
  return changed;
}

// What the verdict of this run was made from, besides the work itself.
std::vector<std::string> changed_inputs(const PastRun& run, const std::string& producer,
                                        const config::Loaded& before,
                                        const config::Loaded& candidate) {
  std::vector<std::string> prefixes{"plugins." + producer + ".settings"};
  if (run.job.stage == Stage::testing) prefixes.push_back("repos." + run.task.repo + ".test.");
  if (run.job.stage == Stage::development) prefixes.push_back("repos." + run.task.repo + ".ci.");
  if (producer == "llm-spawner" && find_rule(run.job.stage) != nullptr) {
    prefixes.push_back("roles." + std::string(to_string(find_rule(run.job.stage)->role)) + ".");
  }
  std::vector<std::string> changed;
  for (const std::string& prefix : prefixes) {
    for (std::string& key : changed_below(prefix, before, candidate))
      changed.push_back(std::move(key));
  }
  return changed;
}

}  // namespace

std::vector<Difference> differences(const PastRun& run, const config::Loaded& before,
                                    const config::Loaded& candidate) {
  std::vector<Difference> found;
  const Choice then = choice_under(run, *before.config);
  const Choice next = choice_under(run, *candidate.config);
  const bool same = then.producer == next.producer && then.is_known == next.is_known;
  if (!same && next.producer != run.job.producer) {
    found.push_back({.what = "producer",
                     .was = run.job.producer.empty() ? in_words(then) : run.job.producer,
                     .would_be = in_words(next),
                     .because = next.because.empty() ? "the order of the chain" : next.because});
  }
  const std::string& producer = run.job.producer;
  if (found.empty() && !producer.empty()) {
    const auto keys = changed_inputs(run, producer, before, candidate);
    if (!keys.empty()) {
      found.push_back({.what = "verdict",
                       .was = run.job.outcome,
                       .would_be = "made anew: what it was made from differs",
                       .because = join(keys, ", ")});
    }
  }
  const int limit = candidate.config->max_rollbacks;
  const bool over =
      run.task.code_fail > limit && run.task.code_fail <= before.config->max_rollbacks;
  if (over && run.job.stage == Stage::development) {
    found.push_back({.what = "budget",
                     .was = "developed again, rollback " + std::to_string(run.task.code_fail),
                     .would_be = "held after " + std::to_string(limit) + " rollbacks",
                     .because = "stages.development.max_rollbacks"});
  }
  return found;
}

}  // namespace orc::engine
