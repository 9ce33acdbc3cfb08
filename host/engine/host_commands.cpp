// SPDX-License-Identifier: Apache-2.0
// Commands about the host itself: draining, and plugins that an operator switches off at run time.
#include <algorithm>

#include "base/text.h"
#include "engine/answers.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

bool covers(const store::PluginKill& kill, const store::PluginKill& other) {
  return kill.repo.empty() || kill.repo == other.repo;
}

template <typename Map>
Answer unknown_name(const std::string& code, const std::string& kind, const std::string& name,
                    const Map& known) {
  std::vector<std::string> names;
  for (const auto& [each, row] : known) names.push_back(each);
  const auto near = nearest(name, names);
  return {.kind = Answer::Kind::not_found,
          .code = code,
          .text = "no " + kind + " \"" + printable(name) + "\"" +
                  (near ? "; did you mean \"" + *near + "\"?" : ""),
          .hint = "known: " + join(names, ", ")};
}

}  // namespace

Result<Answer> Engine::carry_out(const Drain& request, const Actor& actor) {
  ORC_CHECK_OK(store_->put_drain({actor.name, request.reason, batch_.now}));
  batch_.effects.emplace_back([this] { draining_ = true; });
  ORC_TRY(const EventId id, store_->append_event({.kind = EventKind("host.draining"),
                                                  .actor = actor.name,
                                                  .text = request.reason,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done",
                .text = "draining: " + std::to_string(workers_.size()) + " jobs running"};
}

Result<Answer> Engine::carry_out(const Resume& request, const Actor& actor) {
  if (stopping_)
    return Answer{
        .kind = Answer::Kind::conflict, .code = "stopping", .text = "the host is stopping"};
  ORC_CHECK_OK(store_->remove_drain());
  batch_.effects.emplace_back([this] {
    draining_ = false;
    next_due_ = wall_now();
  });
  ORC_TRY(const EventId id, store_->append_event({.kind = EventKind("host.resumed"),
                                                  .actor = actor.name,
                                                  .text = request.reason,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done", .text = "resumed"};
}

// "; testing is now made by llm-spawner": who is asked first where the plugin stood.
std::string Engine::who_takes_over(const store::PluginKill& kill) const {
  std::string text;
  for (const auto& [stage, chain] : generation_->config.stages) {
    const std::vector<std::string>& links = chain.producers;
    if (std::find(links.begin(), links.end(), kill.plugin) == links.end()) continue;
    const auto next = std::find_if(links.begin(), links.end(), [&](const std::string& link) {
      const bool killed = std::any_of(kills_.begin(), kills_.end(), [&](const auto& other) {
        return other.plugin == link && covers(other, kill);
      });
      return link != kill.plugin && !killed && generation_->config.plugins.at(link).enabled;
    });
    text += "; " + std::string(to_string(stage)) +
            (next == links.end() ? " has no producer left, its tasks will be held"
                                 : " is now made by " + *next);
  }
  return text;
}

Result<Answer> Engine::carry_out(const KillPlugin& request, const Actor& actor) {
  const config::Config& config = generation_->config;
  if (!config.plugins.contains(request.plugin))
    return unknown_name("plugin_not_found", "plugin", request.plugin, config.plugins);
  if (!request.repo.empty() && !config.repos.contains(request.repo))
    return unknown_name("unknown_repo", "repository", request.repo, config.repos);
  if (request.reason.empty())
    return invalid("no_reason", "say why: whoever finds it switched off will ask");
  store::PluginKill kill{.plugin = request.plugin,
                         .repo = request.repo,
                         .actor = actor.name,
                         .reason = request.reason,
                         .at = batch_.now};
  if (request.duration) kill.until = batch_.now + *request.duration;
  ORC_CHECK_OK(store_->put_kill(kill));
  batch_.kills_changed = true;
  const std::string what = request.plugin + (kill.repo.empty() ? "" : " in " + kill.repo);
  ORC_TRY(const EventId id, store_->append_event({.kind = EventKind("plugin.killed"),
                                                  .actor = actor.name,
                                                  .text = what + ": " + request.reason,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  const std::string until = kill.until ? " until " + to_iso8601(*kill.until) : "";
  return Answer{.code = "done",
                .text = "killed " + what + until + who_takes_over(kill) +
                        "; running jobs are not touched"};
}

Result<Answer> Engine::carry_out(const UnkillPlugin& request, const Actor& actor) {
  ORC_TRY(const store::Write removed, store_->remove_kill(request.plugin, request.repo));
  if (removed == store::Write::lost) {
    return Answer{.kind = Answer::Kind::not_found,
                  .code = "not_killed",
                  .text = printable(request.plugin) + " is not killed" +
                          (request.repo.value_or("").empty() ? "" : " for " + printable(*request.repo))};
  }
  batch_.kills_changed = true;
  ORC_TRY(const EventId id,
          store_->append_event({.kind = EventKind("plugin.unkilled"),
                                .actor = actor.name,
                                .text = with_reason(request.plugin, request.reason),
                                .data = "{}",
                                .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done", .text = request.plugin + " is asked again"};
}

}  // namespace orc::engine
