// SPDX-License-Identifier: Apache-2.0
// A plugin's library in this process. Loaded once and never unloaded: what a plugin leaves behind
// in threads, handlers and destructors must find its code until the process ends.
#pragma once

#include <orchestrator/plugin/abi.h>

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "worker/ident.h"

namespace orc::worker {

inline std::string_view view(orch_str text) {
  return {text.data, text.size};
}
inline orch_str to_abi(std::string_view text) {
  return {text.data(), text.size()};
}

class PluginLibrary {
 public:
  // Reads the identity first; only a library of this ABI is opened. The descriptor has been checked
  // against the ABI's rules and the host's stage table. A crash of its constructors is a crash of
  // this process.
  static Result<PluginLibrary> load(const std::filesystem::path& path);

  const Ident& ident() const { return ident_; }
  const orch_descriptor& descriptor() const { return *descriptor_; }

 private:
  PluginLibrary(Ident ident, const orch_descriptor* descriptor)
      : ident_(std::move(ident)), descriptor_(descriptor) {}

  Ident ident_;
  const orch_descriptor* descriptor_;
};

}  // namespace orc::worker
