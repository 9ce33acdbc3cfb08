// SPDX-License-Identifier: Apache-2.0
// The implementation under test. The tests beside this file know no other way to a store.
#pragma once

#include <filesystem>
#include <memory>

#include "store/store.h"

namespace orc::store::backend {

inline constexpr Millis k_busy_timeout{2000};

// The store that lives in `folder`; the same facts at every call.
inline Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder) {
  return open_sqlite(folder / "orchestrator.db", k_busy_timeout);
}
inline Result<std::unique_ptr<Reader>> open_reader(const std::filesystem::path& folder) {
  return open_sqlite_reader(folder / "orchestrator.db", k_busy_timeout);
}

}  // namespace orc::store::backend
