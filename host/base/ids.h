// SPDX-License-Identifier: Apache-2.0
// Strong ids: a task's id cannot be passed where a job's is wanted.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace orc {

template <typename Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using TaskId = Id<struct TaskTag>;
using JobId = Id<struct JobTag>;
using EventId = Id<struct EventTag>;

}  // namespace orc

template <typename Tag>
struct std::hash<orc::Id<Tag>> {
  std::size_t operator()(orc::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
