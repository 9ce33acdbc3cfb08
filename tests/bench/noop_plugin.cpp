// SPDX-License-Identifier: Apache-2.0
// Accepts every stage and does the least that its contract allows.
#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/sdk.hpp>

namespace {

using namespace orchestrator::plugin;

class Noop final : public Producer {
 public:
  std::optional<std::string> configure(std::string_view) override { return std::nullopt; }
  Answer accepts(const Request&) override { return Accept{}; }
  Outcome produce(const Request& request, Host&) override {
    if (!request.verdict_key().empty()) {
      return Verdict{std::string(request.tokens().front()), "nothing was done",
                     "Nothing was done.\n"};
    }
    const std::filesystem::path folder = std::filesystem::path(std::string(request.worktree())) /
                                         "docs" / "work-items" / std::string(request.work_item());
    for (const ArtifactRule& owed : request.artifacts()) {
      if (owed.required) write(folder, std::string(owed.file), request);
    }
    return Verdict{"", "nothing was done", ""};
  }

 private:
  static void write(const std::filesystem::path& folder, std::string name, const Request& request) {
    if (const auto star = name.find('*'); star != std::string::npos)
      name.replace(star, 1, "001-nothing");
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name)
        << "---\nwork_item: " << request.work_item() << "\nstage: " << request.stage()
        << "\nauthor: noop\nstatus: final\ndate: 2026-01-01\nmodel: noop\n---\n\nNothing.\n";
  }
};

constexpr Meta k_meta{.id = "noop",
                      .name = "No-op",
                      .version = "0.1.0",
                      .license = "Apache-2.0",
                      .description = "Accepts everything and does nothing",
                      .settings_schema = R"({"type":"object","additionalProperties":false})",
                      .stages = {{"*", ""}},
                      .default_timeout = std::chrono::minutes(1)};

}  // namespace

ORCHESTRATOR_PLUGIN(Noop, "noop", "0.1.0", k_meta);
