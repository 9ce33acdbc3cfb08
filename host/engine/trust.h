// SPDX-License-Identifier: Apache-2.0
// Which gates and plugins answered their fixtures as they should. What has fixtures is not used
// before it did, and not at all where it did not. [engine thread]
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/generation.h"
#include "engine/chain.h"
#include "engine/ports.h"

namespace orc::engine {

class Trust {
 public:
  Trust() = default;
  // `tested_types`: plugin types that have fixtures. `gates`: how the gates answered.
  Trust(std::set<std::string> tested_types, const std::vector<SelftestRow>& gates);

  void take(const SelftestRound& round);
  // Nothing to wait for, or the plugin of the chain whose self-test is still to come.
  std::optional<std::string> awaited(const ResolvedChain& chain,
                                     const config::Generation& generation) const;
  // Links that failed their self-test are passed over, with the reason.
  void pass_over(ResolvedChain& chain, const config::Generation& generation) const;
  // Why a gate must not be believed.
  std::optional<std::string> against_gate(std::string_view gate) const;
  // Gates, then plugins. Never null.
  std::shared_ptr<const std::vector<SelftestRow>> rows() const { return rows_; }

 private:
  const SelftestRow* of(const config::LoadedPlugin& plugin) const;

  std::set<std::string> tested_types_;
  std::map<std::string, SelftestRow> gates_;    // by name
  std::map<std::string, SelftestRow> plugins_;  // by the library's hash
  std::shared_ptr<const std::vector<SelftestRow>> rows_ =
      std::make_shared<const std::vector<SelftestRow>>();
};

}  // namespace orc::engine
