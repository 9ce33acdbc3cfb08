// SPDX-License-Identifier: Apache-2.0
// One attempt of the finalizer: reads the state, takes at most one step, says how it stands.
// [instance]
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>

#include "deployment.h"
#include "settings.h"

namespace deploy_finalizer {

class Attempt {
 public:
  Attempt(const Settings& settings, const orchestrator::plugin::Request& request,
          orchestrator::plugin::Host& host)
      : settings_(settings), request_(request), host_(host), folder_(host.state_dir()) {}

  orchestrator::plugin::Outcome run();

 private:
  using Outcome = orchestrator::plugin::Outcome;

  // Which deployment is this attempt about?
  Outcome same_commit(const Intent& intent);
  Outcome other_commit(const Intent& intent);
  Outcome begin();
  // How does it stand?
  Outcome follow(const Intent& intent);
  Outcome launch(const Intent& intent);
  Outcome still_running(const Intent& intent);
  Outcome program_missing(const Intent& intent);
  Outcome finished(const Intent& intent, int exit_code);
  Outcome verify(const Intent& intent);

  // The last word on a deployment; remembered before it is told.
  Outcome report(const Intent& intent, const std::string& token, const std::string& summary);
  Outcome wait(const Intent& intent, const std::string& text) const;
  Outcome hold_for_a_look(const Intent& intent, const std::string& text) const;
  Outcome cannot_write() const;
  // The first moment of something, kept in a note: its age grows across attempts.
  Milliseconds age_of(const Intent& intent, const std::string& note);
  std::string log_body(const Intent& intent, const std::string& summary) const;

  const Settings& settings_;
  const orchestrator::plugin::Request& request_;
  orchestrator::plugin::Host& host_;
  DeploymentFolder folder_;
  std::string revision_;  // what was seen running in this attempt
};

}  // namespace deploy_finalizer
