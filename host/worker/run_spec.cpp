// SPDX-License-Identifier: Apache-2.0
#include "worker/run_spec.h"

#include <csignal>

#include "worker/plugin_library.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_default_output = 1 << 20;
constexpr std::size_t k_most_output = 64 << 20;
constexpr Millis k_longest_grace{600'000};
constexpr std::uint32_t k_most_arguments = 4096;
constexpr std::uint64_t k_most_variables = 4096;

// What the plugin gave outranks the base; nothing else is inherited. A child that outlives the job
// does not carry the job's mark: by it the host finds and ends what a dead worker left behind.
process::Environment environment_of(const orch_process& spec, const RunTerms& terms) {
  process::Environment environment = process::base_environment();
  for (const auto& [name, value] : terms.environment) process::set(environment, name, value);
  for (std::uint64_t i = 0; i < spec.env_count; ++i) {
    process::set(environment, view(spec.env[i].name), view(spec.env[i].value));
  }
  if (spec.detached == 0) process::set(environment, "ORCH_RUN_ID", terms.run_id);
  return environment;
}

Millis shorter(std::uint64_t wanted_ms, Millis limit) {
  if (wanted_ms == 0) return limit;
  const auto longest = static_cast<std::uint64_t>(limit.count());
  return Millis(static_cast<Millis::rep>(std::min(wanted_ms, longest)));
}

}  // namespace

bool is_sound(const orch_process& spec) {
  if (spec.argc == 0 || spec.argc > k_most_arguments || spec.argv == nullptr) return false;
  if (spec.env_count > k_most_variables || (spec.env_count > 0 && spec.env == nullptr))
    return false;
  if (spec.soft_signal < 0 || spec.soft_signal >= NSIG) return false;
  for (std::uint64_t i = 0; i < spec.env_count; ++i) {
    const std::string_view name = view(spec.env[i].name);
    if (name.empty() || name.find('=') != std::string_view::npos) return false;
  }
  return true;
}

process::RunSpec to_run_spec(const orch_process& spec, const RunTerms& terms) {
  process::RunSpec run;
  for (std::uint32_t i = 0; i < spec.argc; ++i) run.spawn.argv.emplace_back(view(spec.argv[i]));
  run.spawn.env = environment_of(spec, terms);
  run.spawn.cwd =
      spec.cwd.size == 0 ? terms.cwd : std::filesystem::path(std::string(view(spec.cwd)));
  run.stdin_text = view(spec.stdin_bytes);
  // At the deadline itself 0 would mean "no limit".
  run.timeout = shorter(spec.timeout_ms, std::max(terms.remaining, Millis{1}));
  run.grace = spec.grace_ms == 0 ? terms.grace : shorter(spec.grace_ms, k_longest_grace);
  run.soft_signal = spec.soft_signal == 0 ? SIGTERM : spec.soft_signal;
  run.output_cap =
      spec.output_cap == 0
          ? k_default_output
          : static_cast<std::size_t>(std::min<std::uint64_t>(spec.output_cap, k_most_output));
  if (spec.on_output != nullptr) {
    run.on_output = [call = spec.on_output, context = spec.on_output_context](
                        process::Stream stream, std::string_view bytes) {
      call(context, static_cast<std::int32_t>(stream), to_abi(bytes));
    };
  }
  return run;
}

void fill(orch_process_result& raw, const process::RunResult& result) {
  raw.out = to_abi(result.out);
  raw.err = to_abi(result.err);
  raw.truncated = result.truncated ? 1 : 0;
  raw.duration_ms = static_cast<std::uint64_t>(result.duration.count());
  raw.code = 0;
  raw.ended = std::visit(overloaded{
                             [&](const process::Exited& e) -> int {
                               raw.code = e.code;
                               return ORCH_RUN_EXITED;
                             },
                             [&](const process::Signalled& s) -> int {
                               raw.code = s.signal;
                               return ORCH_RUN_SIGNALLED;
                             },
                             [&](const process::TimedOut&) -> int { return ORCH_RUN_TIMED_OUT; },
                             [&](const process::Cancelled&) -> int { return ORCH_RUN_CANCELLED; },
                             [&](const process::NotStarted& n) -> int {
                               raw.code = n.error_number;
                               raw.err = to_abi(n.text);
                               return ORCH_RUN_NOT_STARTED;
                             },
                         },
                         result.end);
}

}  // namespace orc::worker
