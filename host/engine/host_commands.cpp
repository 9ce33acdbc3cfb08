// SPDX-License-Identifier: Apache-2.0
// Commands about the host itself: draining, and plugins that an operator switches off at run time.
#include "base/text.h"
#include "engine/answers.h"
#include "engine/engine.h"

namespace orc::engine {
// ------------------------------------------------------------------------------------

Result<Answer> Engine::carry_out(const Drain& request, const Actor& actor) {
  ORC_CHECK_OK(store_->put_drain({actor.name, request.reason, batch_.now}));
  batch_.effects.emplace_back([this] { draining_ = true; });
  ORC_TRY(const EventId id, store_->append_event({.kind = "host.draining",
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
  ORC_TRY(const EventId id, store_->append_event({.kind = "host.resumed",
                                                  .actor = actor.name,
                                                  .text = request.reason,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done", .text = "resumed"};
}

Result<Answer> Engine::carry_out(const KillPlugin& request, const Actor& actor) {
  if (!generation_->config.plugins.contains(request.plugin)) {
    std::vector<std::string> known;
    for (const auto& [name, plugin] : generation_->config.plugins) known.push_back(name);
    return Answer{.kind = Answer::Kind::not_found,
                  .code = "plugin_not_found",
                  .text = "no plugin \"" + printable(request.plugin) + "\"",
                  .hint = "known: " + join(known, ", ")};
  }
  if (request.reason.empty())
    return invalid("no_reason", "say why: whoever finds it switched off will ask");
  store::PluginKill kill{
      .plugin = request.plugin, .actor = actor.name, .reason = request.reason, .at = batch_.now};
  if (request.duration) kill.until = batch_.now + *request.duration;
  ORC_CHECK_OK(store_->put_kill(kill));
  batch_.kills_changed = true;
  ORC_TRY(const EventId id, store_->append_event({.kind = "plugin.killed",
                                                  .actor = actor.name,
                                                  .text = request.plugin + ": " + request.reason,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  const std::string until = kill.until ? " until " + to_iso8601(*kill.until) : "";
  return Answer{.code = "done",
                .text = "killed " + request.plugin + until + "; running jobs are not touched"};
}

Result<Answer> Engine::carry_out(const UnkillPlugin& request, const Actor& actor) {
  ORC_TRY(const store::Write removed, store_->remove_kill(request.plugin));
  if (removed == store::Write::lost) {
    return Answer{.kind = Answer::Kind::not_found,
                  .code = "not_killed",
                  .text = printable(request.plugin) + " is not killed"};
  }
  batch_.kills_changed = true;
  ORC_TRY(const EventId id,
          store_->append_event({.kind = "plugin.unkilled",
                                .actor = actor.name,
                                .text = with_reason(request.plugin, request.reason),
                                .data = "{}",
                                .at = batch_.now}));
  batch_.last_event = id.value;
  return Answer{.code = "done", .text = request.plugin + " is asked again"};
}

}  // namespace orc::engine
