// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "config/generation.h"
#include "engine/launcher.h"
#include "jobs/fork_server.h"

namespace orc::engine {

namespace {

// The forge's token goes to the one job that speaks to the forge.
Result<std::string> forge_secrets(const jobs::JobRequest& request) {
  const auto contract = nlohmann::json::parse(request.contract, nullptr, false);
  const bool has_forge = contract.is_object() && contract.contains("forge");
  if (request.kind != JobKind::land || !has_forge) return std::string("{}");
  return config::resolve_secrets(contract.at("forge").dump());
}

// All secrets that the links' settings refer to, as one object.
Result<std::string> secrets_of(const jobs::JobRequest& request) {
  ORC_TRY(const std::string forge, forge_secrets(request));
  nlohmann::json all = nlohmann::json::parse(forge, nullptr, false);
  for (const jobs::RequestLink& link : request.chain) {
    ORC_TRY(const std::string resolved, config::resolve_secrets(link.settings));
    all.update(nlohmann::json::parse(resolved, nullptr, false));
  }
  return all.empty() ? std::string() : all.dump();
}

class ProcessLauncher final : public Launcher {
 public:
  explicit ProcessLauncher(std::filesystem::path worker) : server_(std::move(worker)) {}

  Launched launch(const std::filesystem::path& folder, const jobs::JobRequest& request) override {
    const Result<std::string> secrets = secrets_of(request);
    if (!secrets.ok()) {
      return jobs::WorkerReport{.outcome = Held{ReasonCode::credentials, secrets.error().message}};
    }
    if (Status created = jobs::create(folder, request); !created.ok()) {
      return std::move(created).error();
    }
    ORC_CRASHPOINT(spawn_written);
    Result<process::Child> child = server_.start(folder, secrets.value(), request.run_id);
    if (!child.ok()) return std::move(child).error();
    ORC_CRASHPOINT(spawn_started);
    return std::move(child).value();
  }

  jobs::WorkerEnd end_of(const process::Child& worker) override { return server_.end_of(worker); }

 private:
  jobs::ForkServer server_;
};

}  // namespace

std::unique_ptr<Launcher> make_process_launcher(std::filesystem::path worker) {
  return std::make_unique<ProcessLauncher>(std::move(worker));
}

}  // namespace orc::engine
