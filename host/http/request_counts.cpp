// SPDX-License-Identifier: Apache-2.0
#include "http/request_counts.h"

#include <algorithm>
#include <array>

#include "base/enum_names.h"

namespace orc::http {

namespace {

constexpr EnumNames<Door, 3> k_doors{
    {{Door::control, "control"}, {Door::board, "board"}, {Door::webhooks, "webhooks"}}};
constexpr std::array<std::string_view, 6> k_methods{"GET", "HEAD",  "POST",
                                                    "PUT", "PATCH", "DELETE"};

}  // namespace

std::string_view to_string(Door door) {
  return name_in(k_doors, door);
}

void RequestCounts::add(Door door, std::string_view route, std::string_view method, int code) {
  const bool known = std::find(k_methods.begin(), k_methods.end(), method) != k_methods.end();
  const std::scoped_lock lock(mutex_);
  ++counts_[Labels{door, std::string(route), std::string(known ? method : "other"), code}];
}

std::map<RequestCounts::Labels, std::int64_t> RequestCounts::all() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

}  // namespace orc::http
