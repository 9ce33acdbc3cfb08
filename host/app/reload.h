// SPDX-License-Identifier: Apache-2.0
// Builds configuration generations on a thread of its own and hands a finished one to the engine. A
// refused one changes nothing and stays visible until a good one follows.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/ports.h"

namespace orc::app {

class Reloader final : public engine::ReloadPort {
 public:
  // Builds against the generation in force.
  using Build = std::function<config::Built(const config::Generation* previous)>;
  using Apply = std::function<void(config::GenerationPtr)>;

  // Who else wants to know. Each may be empty. [reload thread]
  struct Listeners {
    std::function<void(bool under_way)> announce;         // a reload begins, or has ended
    std::function<void(config::GenerationPtr)> accepted;  // also of one that changes nothing
  };

  Reloader(config::GenerationPtr current, Build build, Apply apply, Listeners listeners = {});
  ~Reloader() override;
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Waits for a build that began after the call. [any thread]
  engine::ReloadAnswer reload(const std::string& cause) override;
  // Asks and returns: for a signal. [any thread]
  void request(const std::string& cause);
  engine::ReloadAnswer preview() override;
  engine::ReloadHistory reload_history() const override;

 private:
  void run();
  engine::ReloadAnswer build_once(const std::string& cause);
  long long ask(const std::string& cause);

  const Build build_;
  const Apply apply_;
  const Listeners listeners_;
  const config::GenerationPtr first_;  // what the process was started with
  std::mutex preview_mutex_;           // previews one after the other
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_. Builds are numbered; whoever asks is served by the next one to start.
  config::GenerationPtr current_;
  engine::ReloadHistory history_;
  engine::ReloadAnswer last_answer_;
  std::string cause_;
  long long wanted_ = 0;
  long long started_ = 0;
  long long finished_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orc::app
