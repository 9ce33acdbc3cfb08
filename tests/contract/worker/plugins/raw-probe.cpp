// SPDX-License-Identifier: Apache-2.0
// A plugin straight over the C contract, for what the SDK does not let an author do.
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "orchestrator/plugin/abi.h"

#define EXPORTED __attribute__((visibility("default")))

namespace {

struct State {
  const orch_host* host = nullptr;
  std::string mode;
};
State state;

constexpr orch_str text_of(std::string_view text) {
  return {text.data(), text.size()};
}

orch_plugin* instance_handle() {
  return reinterpret_cast<orch_plugin*>(&state);
}

orch_status create(const orch_host* host, orch_plugin** instance) {
  state.host = host;
  *instance = instance_handle();
  return ORCH_OK;
}
orch_status configure(orch_plugin*, orch_str settings) {
  const std::string_view json(settings.data, settings.size);
  for (const char* mode :
       {"twice", "none", "after_error", "throws", "run_in_accepts", "decline_late"}) {
    if (json.find(mode) != std::string_view::npos) state.mode = mode;
  }
  return ORCH_OK;
}
orch_status accepts(orch_plugin*, const orch_request*, int32_t* accepted, int32_t* why,
                    orch_str* text) {
  *accepted = 1;
  *why = 0;
  *text = {};
  if (state.mode == "run_in_accepts") {
    const orch_str argv[] = {text_of("true")};
    orch_process spec{};
    spec.struct_size = sizeof(spec);
    spec.argc = 1;
    spec.argv = argv;
    orch_process_result result{};
    result.struct_size = sizeof(result);
    const orch_status status = state.host->run_process(state.host->context, &spec, &result);
    *accepted = status == ORCH_OK ? 1 : 0;
    *why = ORCH_WHY_DISABLED;
    *text = text_of("run_process answered with an error");
  }
  return ORCH_OK;
}
orch_status submit(int32_t kind, int32_t why) {
  orch_outcome outcome{};
  outcome.struct_size = sizeof(outcome);
  outcome.kind = kind;
  outcome.why = why;
  outcome.token = text_of(kind == ORCH_OUTCOME_VERDICT ? "PASS" : "");
  return state.host->submit(state.host->context, &outcome);
}
orch_status produce(orch_plugin*, const orch_request*) {
  if (state.mode == "none") return ORCH_OK;
  if (state.mode == "throws") throw std::runtime_error("over the line");
  if (state.mode == "decline_late") {
    submit(ORCH_OUTCOME_DECLINE, ORCH_WHY_OUT_OF_SCOPE);
    return ORCH_OK;
  }
  submit(ORCH_OUTCOME_VERDICT, ORCH_WHY_NONE);
  if (state.mode == "twice") submit(ORCH_OUTCOME_VERDICT, ORCH_WHY_NONE);
  return state.mode == "after_error" ? ORCH_E_FAILED : ORCH_OK;
}
void destroy(orch_plugin*) {}

constexpr orch_stage_claim k_claim{sizeof(orch_stage_claim), 0, text_of("testing"),
                                   text_of("result")};

constexpr orch_descriptor make_descriptor() {
  orch_descriptor descriptor{};
  descriptor.struct_size = sizeof(orch_descriptor);
  descriptor.id = text_of("raw-probe");
  descriptor.name = text_of("Raw probe");
  descriptor.version = text_of("1.0.0");
  descriptor.license = text_of("Apache-2.0");
  descriptor.description = text_of("Straight over the C contract");
  descriptor.settings_schema = text_of("{}");
  descriptor.stages = &k_claim;
  descriptor.stage_count = 1;
  descriptor.stage_stride = sizeof(orch_stage_claim);
  descriptor.create = &create;
  descriptor.configure = &configure;
  descriptor.accepts = &accepts;
  descriptor.produce = &produce;
  descriptor.destroy = &destroy;
  return descriptor;
}
constexpr orch_descriptor k_descriptor = make_descriptor();

constexpr orch_ident make_ident() {
  orch_ident ident{};
  constexpr std::string_view magic = ORCH_IDENT_MAGIC;
  for (std::size_t i = 0; i < sizeof(ident.magic); ++i) ident.magic[i] = magic[i];
  ident.struct_size = sizeof(orch_ident);
  ident.abi_major = ORCH_ABI_MAJOR;
  ident.pointer_size = sizeof(void*);
  constexpr std::string_view id = "raw-probe";
  for (std::size_t i = 0; i < id.size(); ++i) ident.id[i] = id[i];
  constexpr std::string_view version = "1.0.0";
  for (std::size_t i = 0; i < version.size(); ++i) ident.version[i] = version[i];
  return ident;
}

}  // namespace

extern "C" {
extern EXPORTED const orch_ident orch_plugin_ident;
__attribute__((section(ORCH_IDENT_SECTION), used, retain)) const orch_ident orch_plugin_ident =
    make_ident();
EXPORTED const orch_descriptor* orch_plugin_query(uint32_t major, uint32_t) {
  return major == ORCH_ABI_MAJOR ? &k_descriptor : nullptr;
}
}
