// SPDX-License-Identifier: Apache-2.0
#include "worker/chain_walk.h"

namespace orc::worker {

namespace {

constexpr const char* k_load_failed = "load_failed";
constexpr const char* k_configure_failed = "configure_failed";
constexpr const char* k_exception = "exception";
constexpr const char* k_decide_timeout = "decide_timeout";

ChainDecision declined(const jobs::RequestLink& link, std::string reason, std::string text) {
  return {link.position, link.plugin, Decision::declined, std::move(reason), std::move(text)};
}

// A link that takes too long is given up with its process; the host goes on behind it.
void watch_decision(Session& session, int index) {
  const auto give_up = [&session, index](StopCause cause) {
    jobs::WorkerReport report;
    if (cause == StopCause::cancelled) {
      report.outcome = Deferred{.reason = ReasonCode::cancelled, .text = "cancelled"};
      session.record.finish(std::move(report));
    }
    const jobs::RequestLink& link = session.request.chain[static_cast<std::size_t>(index)];
    const std::string text = "did not decide within " + to_words(session.request.decide_timeout);
    session.record.decided(declined(link, k_decide_timeout, text));
    report.outcome = FaultWhileDeciding{index, link.plugin + ": " + text};
    session.record.finish(std::move(report));
  };
  session.watchdog.watch(
      {.deadline = mono_now() + session.request.decide_timeout, .give_up = give_up});
}

struct Prepared {
  HostServices* services;
  Plugin* plugin;
};

std::variant<Prepared, StepFault> prepare(Session& session, const jobs::RequestLink& link) {
  Result<PluginLibrary> library = PluginLibrary::load(link.library);
  if (!library.ok()) return StepFault{k_load_failed, library.error().message};
  const Prepared prepared{new HostServices(session, link.plugin),
                          new Plugin(std::move(library).value())};
  const auto fault_of = [&](const Error& error, const char* reason) {
    const std::string detail = prepared.services->last_error();
    return StepFault{error.kind == ErrorKind::internal ? k_exception : reason,
                     error.message + (detail.empty() ? "" : ": " + detail)};
  };
  if (const Status created = prepared.plugin->create(prepared.services->table()); !created.ok()) {
    return fault_of(created.error(), k_load_failed);
  }
  const Result<std::string> settings =
      fill_in(link.settings, session.secrets, MissingSecret::refuse);
  if (!settings.ok()) return StepFault{k_configure_failed, settings.error().message};
  const Status configured = prepared.plugin->configure(settings.value());
  if (!configured.ok()) return fault_of(configured.error(), k_configure_failed);
  return prepared;
}

std::string reason_of(const Declines& answer) {
  const std::optional<ReasonCode> reason = reason_code_from_abi(answer.why);
  return std::string(reason ? to_string(*reason) : "unnamed");
}

}  // namespace

std::optional<Accepted> walk_chain(Session& session, const RequestView& request) {
  const auto& chain = session.request.chain;
  for (int index = 0; static_cast<std::size_t>(index) < chain.size(); ++index) {
    const jobs::RequestLink& link = chain[static_cast<std::size_t>(index)];
    session.record.enter(jobs::Progress::Phase::deciding, index);
    watch_decision(session, index);
    auto prepared = prepare(session, link);
    if (auto* fault = std::get_if<StepFault>(&prepared)) {
      session.record.decided(declined(link, fault->reason, fault->text));
      continue;
    }
    const auto& [services, plugin] = *std::get_if<Prepared>(&prepared);
    const PluginAnswer answer = plugin->accepts(request.raw());
    if (std::holds_alternative<Accepts>(answer)) {
      session.record.decided({link.position, link.plugin, Decision::accepted, "in_scope", ""});
      return Accepted{index, services, plugin};
    }
    if (const auto* fault = std::get_if<StepFault>(&answer)) {
      session.record.decided(declined(link, fault->reason, fault->text));
    } else if (const auto* no = std::get_if<Declines>(&answer)) {
      session.record.decided(declined(link, reason_of(*no), no->text));
    }
  }
  return std::nullopt;
}

}  // namespace orc::worker
