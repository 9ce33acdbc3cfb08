// SPDX-License-Identifier: Apache-2.0
// Asks the plugins for their preflights on a thread of its own: at the start, with every reload,
// after a task was held for its environment, and while something is missing every minute. Nothing
// ever waits for it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "config/preflight.h"

namespace orc::app {

// One round: `plugins` empty means every plugin that has a preflight. Copies what the host knows of
// the repositories' files from `repositories` (the folder of bare ones) into a folder of its own
// below `scratch_root`, which is gone afterwards. Blocks.
config::PreflightRound run_preflights(const config::Generation& generation,
                                      const std::set<std::string>& plugins,
                                      const std::filesystem::path& worker,
                                      const std::filesystem::path& repositories,
                                      const std::filesystem::path& scratch_root,
                                      const std::function<bool()>& cancelled);

class Preflights {
 public:
  using Ask = std::function<config::PreflightRound(const config::Generation& generation,
                                                   const std::set<std::string>& plugins,
                                                   const std::function<bool()>& cancelled)>;
  using Tell = std::function<void(config::PreflightRound)>;

  explicit Preflights(Ask ask, Millis look_again = Millis{60'000});
  ~Preflights();
  Preflights(const Preflights&) = delete;
  Preflights& operator=(const Preflights&) = delete;

  // From now on rounds run and are told. Once.
  void start(Tell tell);
  // Ends the round that runs and waits for it; nothing is told afterwards.
  void stop();
  // All plugins of this generation, which is the one to ask from now on. Returns at once. [any
  // thread]
  void use(config::GenerationPtr generation);
  // One plugin again. Returns at once. [any thread]
  void ask_again(const std::string& plugin);

 private:
  void run();

  const Ask ask_;
  const Millis look_again_;
  Tell tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_.
  config::GenerationPtr generation_;
  bool wants_all_ = false;
  std::set<std::string> wanted_;
  std::set<std::string> missing_;  // asked again after a while
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orc::app
