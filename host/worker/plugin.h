// SPDX-License-Identifier: Apache-2.0
// One instance of a plugin. Every call stops exceptions, also those of a plugin that has no SDK
// between itself and the line. A failed instance is not destroyed: the process is about to end, and
// its destructor is no safer than it.
#pragma once

#include <string>
#include <variant>

#include "worker/plugin_library.h"

namespace orc::worker {

// Why a step did not do what it was asked: a stable word for the chain's record, and a text.
struct StepFault {
  std::string reason;  // load_failed, configure_failed, exception
  std::string text;
};

struct Accepts {};
struct Declines {
  std::int32_t why = 0;
  std::string text;
};
using PluginAnswer = std::variant<Accepts, Declines, StepFault>;

class Plugin {
 public:
  explicit Plugin(PluginLibrary library) : library_(std::move(library)) {}

  const orch_descriptor& descriptor() const { return library_.descriptor(); }

  Status create(const orch_host& host);
  Status configure(const std::string& settings);
  PluginAnswer accepts(const orch_request& request);
  // The error says how it ended other than with ORCH_OK.
  Status produce(const orch_request& request);
  // What is wrong with the surroundings; empty: nothing.
  Result<std::string> preflight();
  // [any thread]
  void cancel() const;

 private:
  PluginLibrary library_;
  orch_plugin* instance_ = nullptr;
};

}  // namespace orc::worker
