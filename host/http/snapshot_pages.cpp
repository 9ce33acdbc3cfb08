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

Millis fresh_for(Millis cost) {
  return std::clamp(k_share * cost, k_always_fresh, k_fresh_while_unchanged);
}

}  // namespace

SnapshotPages::SnapshotPages() : maker_([this] { make_behind_readers(); }) {}

SnapshotPages::~SnapshotPages() {
  stop();
}

void SnapshotPages::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ordered_.notify_all();
  if (maker_.joinable()) maker_.join();
}

bool SnapshotPages::is_fresh(const Page& page, const engine::StatusPtr& now, MonoTime at) {
  if (!page.response) return false;
  const auto age = at - page.made;
  return age < fresh_for(page.cost) || (page.of == now && age < k_fresh_while_unchanged);
}

// Its last reader was here not long before it ceased to be fresh.
bool SnapshotPages::is_read_all_the_time(const Page& page, MonoTime at) {
  return page.response && at - page.made < 2 * fresh_for(page.cost);
}

std::shared_ptr<const Sendable> SnapshotPages::get(std::string_view name,
                                                   const engine::StatusPtr& now,
                                                   const std::function<Render()>& detach) {
  std::unique_lock lock(mutex_);
  const auto found = pages_.find(name);
  Page& page = found != pages_.end() ? found->second : pages_[std::string(name)];
  while (!is_fresh(page, now, mono_now())) {
    if (!page.in_the_making) break;
    const bool showable = page.response && mono_now() - page.made < k_longest_shown;
    if (showable) return page.response;
    made_.wait(lock);
  }
  const MonoTime at = mono_now();
  if (is_fresh(page, now, at)) return page.response;
  page.in_the_making = true;
  if (stopped_ || !is_read_all_the_time(page, at)) return make({page, detach(), now}, lock);
  orders_.push_back({page, detach(), now});
  ordered_.notify_one();
  return page.response;
}

std::shared_ptr<const Sendable> SnapshotPages::make(Order order,
                                                    std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const MonoTime started = mono_now();
  auto response = std::make_shared<const Sendable>(order.render());
  lock.lock();
  Page& page = order.page;
  page.in_the_making = false;
  if (response->status() == k_ok) {
    page.response = response;
    page.of = std::move(order.of);
    page.made = started;
    page.cost = std::chrono::ceil<Millis>(mono_now() - started);
  }
  made_.notify_all();
  return response;
}

void SnapshotPages::make_behind_readers() {
  std::unique_lock lock(mutex_);
  while (true) {
    ordered_.wait(lock, [this] { return stopped_ || !orders_.empty(); });
    if (stopped_) break;
    Order order = std::move(orders_.front());
    orders_.pop_front();
    make(std::move(order), lock);
  }
  for (Order& order : orders_) order.page.in_the_making = false;
  orders_.clear();
  made_.notify_all();
}

}  // namespace orc::http
