// SPDX-License-Identifier: Apache-2.0
// How far a program that a job runs is kept from the rest of the machine. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/enum_names.h"

namespace orc {

enum class IsolationLevel : std::uint8_t {
  off,     // allow-listed environment, own session, no foreign descriptors; what every program gets
  basic,   // further: no new privileges, resource limits, private home and temporary folder, and
           // file rules of the kernel (Landlock) as far as it has them
  strict,  // further: namespaces of its own (bubblewrap); never less than that
};
inline constexpr EnumNames<IsolationLevel, 3> k_isolation_levels{
    {{IsolationLevel::off, "off"},
     {IsolationLevel::basic, "basic"},
     {IsolationLevel::strict, "strict"}}};
std::string_view to_string(IsolationLevel level);
std::optional<IsolationLevel> parse_isolation_level(std::string_view text);

// 0: not limited.
struct ResourceLimits {
  std::int64_t processes = 0;   // of the whole user; not enforced for root
  std::int64_t file_bytes = 0;  // largest file
  std::int64_t memory_bytes = 0;  // address space of one process
};

}  // namespace orc
