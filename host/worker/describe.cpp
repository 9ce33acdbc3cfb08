// SPDX-License-Identifier: Apache-2.0
#include "worker/describe.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "process/process.h"
#include "worker/answer.h"
#include "worker/descriptor_check.h"
#include "worker/empty_task.h"
#include "worker/plugin.h"
#include "worker/secrets.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr std::size_t k_settings_limit = 4 << 20;
constexpr std::size_t k_most_messages = 100;

struct CapabilityName {
  std::uint32_t bit;
  std::string_view name;
};
constexpr std::array k_capabilities{
    CapabilityName{ORCH_CAP_PREFLIGHT, "preflight"}, CapabilityName{ORCH_CAP_CANCEL, "cancel"},
    CapabilityName{ORCH_CAP_SIDE_EFFECTS, "side_effects"},
    CapabilityName{ORCH_CAP_RESUMABLE, "resumable"}, CapabilityName{ORCH_CAP_LLM, "llm"}};

// A host that only listens: while a configuration is looked at, nothing else is open to a plugin.
struct Listener {
  std::vector<std::string> messages;

  static void log(void* context, std::int32_t level, orch_str message) {
    auto& messages = static_cast<Listener*>(context)->messages;
    if (level < ORCH_LOG_WARNING || messages.size() >= k_most_messages) return;
    messages.push_back(printable(to_utf8(view(message).substr(0, 4096))));
  }
  orch_host table() {
    orch_host host{};
    host.struct_size = sizeof(host);
    host.abi_minor = ORCH_ABI_MINOR;
    host.context = this;
    host.log = &log;
    host.cancelled = [](void*) -> std::int32_t { return 0; };
    host.now_ms = [](void*) -> std::uint64_t { return 0; };
    host.remaining_ms = [](void*) -> std::uint64_t { return 0; };
    host.run_process = [](void*, const orch_process*, orch_process_result*) -> orch_status {
      return ORCH_E_STATE;
    };
    host.submit = [](void*, const orch_outcome*) -> orch_status { return ORCH_E_STATE; };
    host.get_extension = [](void*, orch_str) -> const void* { return nullptr; };
    return host;
  }
};

Result<json> describe(const PluginLibrary& library) {
  const orch_descriptor& raw = library.descriptor();
  json schema = json::parse(view(raw.settings_schema), nullptr, false);
  if (!schema.is_object()) {
    return Error{ErrorKind::malformed,
                 library.ident().id + ": its settings schema is not a JSON object"};
  }
  json object{{"id", view(raw.id)},
              {"name", view(raw.name)},
              {"version", view(raw.version)},
              {"abi", std::to_string(library.ident().abi_major) + "." +
                          std::to_string(library.ident().abi_minor)},
              {"sdk", library.ident().sdk_version},
              {"toolchain", library.ident().toolchain},
              {"license", view(raw.license)},
              {"description", view(raw.description)},
              {"capabilities", json::array()},
              {"stages", json::array()},
              {"default_timeout_ms", raw.default_timeout_ms},
              {"settings_schema", std::move(schema)}};
  for (const CapabilityName& capability : k_capabilities) {
    if ((raw.capabilities & capability.bit) != 0) object["capabilities"].push_back(capability.name);
  }
  for (const orch_stage_claim& claim : stage_claims(raw)) {
    object["stages"].push_back(
        {{"stage", view(claim.stage)}, {"verdict_key", view(claim.verdict_key)}});
  }
  return object;
}

Result<std::string> read_settings(const std::filesystem::path& path) {
  return path == "-" ? read_stdin(k_settings_limit) : read_file(path, k_settings_limit);
}

Status configure(Plugin& plugin, const std::filesystem::path& settings, int secrets_fd,
                 Listener& listener) {
  ORC_TRY(const std::string text, read_settings(settings));
  Secrets secrets;
  if (secrets_fd >= 0) {
    ORC_TRY(secrets, read_secrets(secrets_fd));
  }
  ORC_TRY(const std::string filled, fill_in(text, secrets, MissingSecret::placeholder));
  // Lives to the end of the process, as threads of the plugin may.
  auto* host = new orch_host(listener.table());
  ORC_CHECK_OK(plugin.create(*host));
  return plugin.configure(filled);
}

json verdict_on(const Status& configured, const Listener& listener) {
  json messages = listener.messages;
  if (!configured.ok() && messages.empty()) messages.push_back(configured.error().message);
  return {{"ok", configured.ok()}, {"messages", std::move(messages)}};
}

}  // namespace

int describe(const std::filesystem::path& library_path, const DescribeWish& wish) {
  const UniqueFd answer = take_stdout();
  const auto refuse = [&](const std::string& text) {
    answer_and_exit(answer, {{"refused", text}}, 1);
  };
  const auto stage = parse_stage(wish.empty_task);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (!wish.empty_task.empty() && rule == nullptr) refuse("there is no such stage");
  // Or nobody would know whose the orphans are that it may leave.
  if (rule != nullptr) (void)process::become_subreaper();
  const Result<PluginLibrary> library = PluginLibrary::load(library_path);
  if (!library.ok()) refuse(library.error().message);
  Result<json> object = describe(library.value());
  if (!object.ok()) refuse(object.error().message);
  if (wish.settings) {
    auto* listener = new Listener;
    auto* plugin = new Plugin(library.value());
    const Status configured = configure(*plugin, *wish.settings, wish.secrets_fd, *listener);
    object.value()["configure"] = verdict_on(configured, *listener);
    if (configured.ok() && rule != nullptr)
      object.value()["empty_task"] = ask_about_nothing(*plugin, *rule);
  }
  if (rule != nullptr) object.value()["left_running"] = process::descendants(::getpid()).size();
  answer_and_exit(answer, object.value(), 0);
}

}  // namespace orc::worker
