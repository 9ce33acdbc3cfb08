// SPDX-License-Identifier: Apache-2.0
// Every way in which a run over ssh or here can end that can be made to happen on one machine, with
// the class it must be given. Each is really run by endings_test.cpp.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "orchestrator/plugin/testing.hpp"
#include "support/loopback_sshd.h"

namespace staging_runner {

using Json = nlohmann::json;

// What a scenario may arrange before it is run.
struct Scene {
  orc::test::LoopbackSshd& server;
  Json& settings;
  orchestrator::plugin::test::RequestBuilder& request;

  // A script in the server's folder; its path.
  std::string script(const std::string& name, const std::string& text) const;
  // The login of a key that may run this command alone.
  void forced_command(const std::string& command) const;
};

struct Scenario {
  const char* name;
  const char* expected;  // the name of the cause
  std::vector<std::string> command;
  std::function<void(Scene&)> arrange{};
};

const std::vector<Scenario>& scenarios_over_ssh();
const std::vector<Scenario>& scenarios_here();

}  // namespace staging_runner
