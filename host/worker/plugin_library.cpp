// SPDX-License-Identifier: Apache-2.0
#include "worker/plugin_library.h"

#include <array>
#include <boost/dll/shared_library.hpp>
#include <string>

#include "worker/descriptor_check.h"

namespace orc::worker {

namespace {

using Query = const orch_descriptor*(std::uint32_t, std::uint32_t);

// rtld_now: a missing symbol is an error here, not the end of the process at its first call.
Result<const orch_descriptor*> query(const std::filesystem::path& path) {
  return guard("load", [&]() -> Result<const orch_descriptor*> {
    // Never destroyed: destroying it would unload the code that is in use.
    auto* library = new boost::dll::shared_library(
        path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    const orch_descriptor* descriptor =
        library->get<Query>(ORCH_QUERY_SYMBOL)(ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    if (descriptor == nullptr) {
      return Error{ErrorKind::refused, "it does not serve a host of this version"};
    }
    return descriptor;
  });
}

}  // namespace

Result<PluginLibrary> PluginLibrary::load(const std::filesystem::path& path) {
  ORC_TRY(Ident ident, read_ident(path));
  const std::string name = path.filename().string();
  Result<const orch_descriptor*> descriptor = query(path);
  if (!descriptor.ok()) return std::move(descriptor).error().while_doing(name);
  Status sound = check_descriptor(*descriptor.value(), ident);
  if (!sound.ok()) return std::move(sound).error().while_doing(name);
  return PluginLibrary(std::move(ident), descriptor.value());
}

}  // namespace orc::worker
