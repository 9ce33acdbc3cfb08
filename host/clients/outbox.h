// SPDX-License-Identifier: Apache-2.0
// Carries the outbox's items to the outside world on a thread of its own, so that a slow or dead
// receiver never holds up a transition. It decides nothing: what became of an item goes back to the
// engine, which stores it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace orc::clients {

struct Outgoing {
  std::int64_t id = 0;
  std::string channel;  // which receiver: "notifier.log"
  std::string key;      // idempotency key
  std::string body;     // JSON
  int attempts = 0;
};

struct Delivered {
  std::int64_t id = 0;
  std::string channel;
  int attempts = 0;
  std::string error;  // empty: the receiver has it
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // May block; a repeated key must not be delivered twice. [outbox thread]
  virtual Status deliver(const Outgoing& item) = 0;
};

// The embedded default of the notifier: every alert is one line of the host's log.
std::unique_ptr<Receiver> make_log_notifier();

class Outbox {
 public:
  // `receivers` by channel name.
  explicit Outbox(std::map<std::string, std::unique_ptr<Receiver>> receivers);
  ~Outbox();  // finishes the item in hand and ends the thread
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // `done` is called on the outbox thread for every item. Once, before the first send().
  void start(std::function<void(Delivered)> done);
  // An item that is already under way is ignored. [any thread]
  void send(std::vector<Outgoing> items);

 private:
  void run();

  std::map<std::string, std::unique_ptr<Receiver>> receivers_;
  std::function<void(Delivered)> done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Outgoing> waiting_;     // under mutex_
  std::set<std::int64_t> under_way_;  // under mutex_
  bool stopping_ = false;             // under mutex_
  std::thread thread_;
};

}  // namespace orc::clients
