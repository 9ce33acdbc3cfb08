// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

struct ReleaseOptions {
  std::string id;
  std::string reason;
  bool force = false;
};

void add_release(Tree& tree, CLI::App& lease) {
  CLI::App* command = lease.add_subcommand("release", "free a transition by hand");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<ReleaseOptions>();
  command->add_option("TASK", options->id, "work item, such as ORCH-116")->required();
  command->add_option("--reason", options->reason, "why; stored with your name")->type_name("TEXT");
  command->add_flag("--force", options->force,
                    "also from a live owner: its job is ended, the task is held");
  on_chosen(tree, *command, common, [options](const Session& session) {
    return session.post("/api/v1/leases/" + percent_encode(options->id) + "/release",
                        {{"reason", options->reason}, {"force", options->force}}, answer_text);
  });
}

}  // namespace

void add_lease_commands(Tree& tree) {
  CLI::App* lease = tree.app.add_subcommand("lease", "who owns which transition");
  lease->require_subcommand(1);
  CLI::App* list = lease->add_subcommand("list", "transitions that somebody owns");
  on_chosen(tree, *list, add_common_options(*list), [](const Session& session) {
    return session.show_rows("/api/v1/leases", "leases", lease_list_text);
  });
  add_release(tree, *lease);
}

}  // namespace orc::cli
