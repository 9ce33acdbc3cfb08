// SPDX-License-Identifier: Apache-2.0
#include "http/snapshot_pages.h"

#include <algorithm>
#include <chrono>

namespace orc::http {

namespace {

constexpr Millis k_always_fresh{100};
constexpr Millis k_fresh_while_unchanged{1000};
constexpr Millis k_longest_shown{2000};
constexpr int k_share = 10;  // of the time, one part goes into making the page
constexpr int k_ok = 200;

}  // namespace

bool SnapshotPages::is_fresh(const Page& page, const engine::StatusPtr& now, MonoTime at) {
  if (!page.response) return false;
  const auto age = at - page.made;
  const Millis fresh = std::clamp(k_share * page.cost, k_always_fresh, k_fresh_while_unchanged);
  return age < fresh || (page.of == now && age < k_fresh_while_unchanged);
}

std::shared_ptr<const Sendable> SnapshotPages::get(std::string_view name,
                                                   const engine::StatusPtr& now,
                                                   const Render& render) {
  std::unique_lock lock(mutex_);
  const auto found = pages_.find(name);
  Page& page = found != pages_.end() ? found->second : pages_[std::string(name)];
  while (!is_fresh(page, now, mono_now())) {
    if (!page.in_the_making) break;
    const bool showable = page.response && mono_now() - page.made < k_longest_shown;
    if (showable) return page.response;
    made_.wait(lock);
  }
  if (is_fresh(page, now, mono_now())) return page.response;
  page.in_the_making = true;
  lock.unlock();
  const MonoTime started = mono_now();
  auto response = std::make_shared<const Sendable>(render());
  lock.lock();
  page.in_the_making = false;
  if (response->status() == k_ok) {
    page.response = response;
    page.of = now;
    page.made = started;
    page.cost = std::chrono::ceil<Millis>(mono_now() - started);
  }
  made_.notify_all();
  return response;
}

}  // namespace orc::http
