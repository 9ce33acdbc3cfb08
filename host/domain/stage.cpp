// SPDX-License-Identifier: Apache-2.0
#include "domain/stage.h"

namespace orc {

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::analysis:
      return "analysis";
    case Stage::architecture:
      return "architecture";
    case Stage::development:
      return "development";
    case Stage::review:
      return "review";
    case Stage::testing:
      return "testing";
    case Stage::deploy_staging:
      return "deploy-staging";
    case Stage::deploy:
      return "deploy";
    case Stage::done:
      return "done";
  }
  return "";
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::analyst:
      return "analyst";
    case Role::architect:
      return "architect";
    case Role::developer:
      return "developer";
    case Role::reviewer:
      return "reviewer";
    case Role::tester:
      return "tester";
    case Role::deployer:
      return "deployer";
  }
  return "";
}

std::string_view to_string(HumanGate gate) {
  switch (gate) {
    case HumanGate::none:
      return "none";
    case HumanGate::after_gate:
      return "approves the artifact";
    case HumanGate::before_production:
      return "confirms before producing";
  }
  return "";
}

std::optional<Stage> parse_stage(std::string_view text) {
  for (const Stage stage : k_stages) {
    if (to_string(stage) == text) return stage;
  }
  return std::nullopt;
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : k_roles) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

}  // namespace orc
