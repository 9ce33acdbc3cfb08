// SPDX-License-Identifier: Apache-2.0
// The host's C table as the SDK's Host. Included by sdk.hpp; authors need not read it.
#ifndef ORCHESTRATOR_PLUGIN_DETAIL_ABI_HOST_HPP
#define ORCHESTRATOR_PLUGIN_DETAIL_ABI_HOST_HPP

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "orchestrator/plugin/sdk.hpp"

namespace orchestrator::plugin::line {

// The fields both sides know; what the other side does not know stays zero.
template <typename Struct>
Struct known_part(const Struct& raw) {
  Struct known{};
  std::memcpy(&known, &raw, std::min<std::size_t>(raw.struct_size, sizeof(Struct)));
  return known;
}

template <typename Struct>
Struct sized() {
  Struct fresh{};
  fresh.struct_size = sizeof(Struct);
  return fresh;
}

constexpr orch_str to_abi(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string to_text(orch_str text) {
  return text.size == 0 ? "" : std::string(text.data, text.size);
}

class AbiHost final : public Host {
 public:
  explicit AbiHost(const orch_host& host) : host_(known_part(host)) {}

  void log(Level level, std::string_view message) override {
    host_.log(host_.context, static_cast<std::int32_t>(level), to_abi(message));
  }
  bool cancelled() override { return host_.cancelled(host_.context) != 0; }
  Milliseconds now() override { return to_ms(host_.now_ms(host_.context)); }
  Milliseconds remaining() override { return to_ms(host_.remaining_ms(host_.context)); }

  ProcessResult run(const Process& process) override {
    std::vector<orch_str> argv;
    for (const std::string& argument : process.argv) argv.push_back(to_abi(argument));
    std::vector<orch_env> env;
    for (const auto& [name, value] : process.env) env.push_back({to_abi(name), to_abi(value)});
    OutputRelay relay{&process, nullptr};

    orch_process spec = sized<orch_process>();
    spec.argc = static_cast<std::uint32_t>(argv.size());
    spec.argv = argv.data();
    spec.cwd = to_abi(process.cwd);
    spec.env = env.data();
    spec.env_count = env.size();
    spec.stdin_bytes = to_abi(process.stdin_bytes);
    spec.timeout_ms = static_cast<std::uint64_t>(process.timeout.count());
    spec.grace_ms = static_cast<std::uint64_t>(process.grace.count());
    spec.output_cap = process.output_cap;
    spec.soft_signal = process.soft_signal;
    spec.mutating = process.mutating ? 1 : 0;
    spec.detached = process.detached ? 1 : 0;
    if (process.on_output) {
      spec.on_output = &OutputRelay::pass_on;
      spec.on_output_context = &relay;
    }
    orch_process_result result = sized<orch_process_result>();
    const orch_status status = host_.run_process(host_.context, &spec, &result);
    if (relay.thrown) std::rethrow_exception(relay.thrown);
    if (status != ORCH_OK) {
      return {NotStarted{EINVAL, "the host refused to run it (" + std::to_string(status) + ")"},
              {},
              {},
              false,
              {}};
    }
    return {end_of(result), to_text(result.out), to_text(result.err), result.truncated != 0,
            to_ms(result.duration_ms)};
  }

  std::string state_dir() override {
    const auto* extension = find<orch_ext_statedir>(ORCH_EXT_STATEDIR);
    return extension == nullptr ? "" : to_text(extension->path(host_.context));
  }
  bool write_aux(std::string_view name, std::string_view bytes) override {
    const auto* extension = find<orch_ext_artifact_aux>(ORCH_EXT_ARTIFACT_AUX);
    return extension != nullptr &&
           extension->write(host_.context, to_abi(name), to_abi(bytes)) == ORCH_OK;
  }
  void progress(std::string_view text) override {
    const auto* extension = find<orch_ext_progress>(ORCH_EXT_PROGRESS);
    if (extension != nullptr) extension->report(host_.context, to_abi(text));
  }
  bool record_agent_run(const AgentRun& run) override {
    const auto* extension = find<orch_ext_agent_run>(ORCH_EXT_AGENT_RUN);
    if (extension == nullptr) return false;
    orch_agent_run record = sized<orch_agent_run>();
    record.complete = run.complete ? 1 : 0;
    record.program = to_abi(run.program);
    record.program_version = to_abi(run.program_version);
    record.model = to_abi(run.model);
    record.effort = to_abi(run.effort);
    record.result = to_abi(run.result);
    record.input_tokens = run.input_tokens.value_or(-1);
    record.output_tokens = run.output_tokens.value_or(-1);
    record.cache_read_tokens = run.cache_read_tokens.value_or(-1);
    record.cache_write_tokens = run.cache_write_tokens.value_or(-1);
    record.turns = run.turns.value_or(-1);
    record.cost_usd = run.cost_usd.value_or(-1);
    record.wall_ms = run.wall.count();
    return extension->record(host_.context, &record) == ORCH_OK;
  }

  std::string base_checkout() override {
    const auto* extension = find<orch_ext_base_checkout>(ORCH_EXT_BASE_CHECKOUT);
    return extension == nullptr ? "" : to_text(extension->path(host_.context));
  }
  std::vector<Request> repositories() override {
    const auto* extension = find<orch_ext_preflight>(ORCH_EXT_PREFLIGHT);
    std::vector<Request> all;
    if (extension == nullptr) return all;
    const std::uint64_t count = extension->count(host_.context);
    for (std::uint64_t i = 0; i < count; ++i) {
      const orch_request* request = extension->repository(host_.context, i);
      if (request == nullptr) break;
      all.emplace_back(*request);
    }
    return all;
  }
  void found(std::size_t repository, bool in_order, std::string_view text) override {
    const auto* extension = find<orch_ext_preflight>(ORCH_EXT_PREFLIGHT);
    if (extension == nullptr) return;
    extension->found(host_.context, repository, in_order ? ORCH_OK : ORCH_E_FAILED, to_abi(text));
  }

  orch_status submit(const orch_outcome& outcome) { return host_.submit(host_.context, &outcome); }

 private:
  // The callback runs below a C frame: what it throws waits until run_process has returned.
  struct OutputRelay {
    const Process* process;
    std::exception_ptr thrown;

    static void pass_on(void* context, std::int32_t stream, orch_str bytes) {
      auto& relay = *static_cast<OutputRelay*>(context);
      if (relay.thrown) return;
      try {
        relay.process->on_output(static_cast<Stream>(stream), {bytes.data, bytes.size});
      } catch (...) {
        relay.thrown = std::current_exception();
      }
    }
  };

  static Milliseconds to_ms(std::uint64_t count) {
    return Milliseconds(static_cast<Milliseconds::rep>(count));
  }
  static ProcessEnd end_of(const orch_process_result& result) {
    switch (result.ended) {
      case ORCH_RUN_EXITED:
        return Exited{result.code};
      case ORCH_RUN_SIGNALLED:
        return Signalled{result.code};
      case ORCH_RUN_TIMED_OUT:
        return TimedOut{};
      case ORCH_RUN_CANCELLED:
        return Cancelled{};
      default:
        return NotStarted{result.code, to_text(result.err)};
    }
  }
  template <typename Extension>
  const Extension* find(std::string_view name) {
    const void* table = host_.get_extension(host_.context, to_abi(name));
    const auto* extension = static_cast<const Extension*>(table);
    return extension != nullptr && extension->struct_size >= sizeof(Extension) ? extension
                                                                               : nullptr;
  }

  orch_host host_;
};

}  // namespace orchestrator::plugin::line

#endif
