// SPDX-License-Identifier: Apache-2.0
#include "clients/outbox.h"

#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "base/log.h"

namespace orc::clients {

namespace {

class LogNotifier final : public Receiver {
 public:
  Status deliver(const Outgoing& item) override {
    const auto body = nlohmann::json::parse(item.body, nullptr, false);
    const auto field = [&](const char* name) -> std::string {
      if (!body.is_object()) return "";
      const auto value = body.find(name);
      return value != body.end() && value->is_string() ? value->get<std::string>() : "";
    };
    const std::string text = field("text");
    log(LogLevel::warning, "alert", text.empty() ? item.body : text,
        {{"task", field("task")},
         {"stage", field("stage")},
         {"condition", field("condition")},
         {"key", item.key}});
    return Done{};
  }
};

}  // namespace

std::unique_ptr<Receiver> make_log_notifier() {
  return std::make_unique<LogNotifier>();
}

Outbox::Outbox(std::map<std::string, std::unique_ptr<Receiver>> receivers)
    : receivers_(std::move(receivers)) {}

Outbox::~Outbox() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Outbox::start(std::function<void(Delivered)> done) {
  done_ = std::move(done);
  thread_ = std::thread([this] { run(); });
}

void Outbox::send(std::vector<Outgoing> items) {
  {
    const std::lock_guard lock(mutex_);
    for (Outgoing& item : items) {
      if (under_way_.insert(item.id).second) waiting_.push_back(std::move(item));
    }
  }
  changed_.notify_one();
}

void Outbox::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Outgoing item = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    const auto receiver = receivers_.find(item.channel);
    const Status sent = receiver == receivers_.end()
                            ? Status(Error{ErrorKind::not_found, "no receiver for " + item.channel})
                            : receiver->second->deliver(item);
    ORC_CRASHPOINT(outbox_sent);
    lock.lock();
    under_way_.erase(item.id);
    lock.unlock();
    done_({.id = item.id,
           .channel = item.channel,
           .attempts = item.attempts + 1,
           .error = sent.ok() ? "" : sent.error().message});
    lock.lock();
  }
}

}  // namespace orc::clients
