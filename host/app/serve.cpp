// SPDX-License-Identifier: Apache-2.0
#include "app/serve.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

#include "app/failure.h"
#include "app/preflights.h"
#include "app/reload.h"
#include "app/selftest/selftest.h"
#include "app/service_manager.h"
#include "app/status_line.h"
#include "base/file.h"
#include "base/guarded_process.h"
#include "engine/engine.h"
#include "git/heads.h"
#include "http/server.h"
#include "store/store.h"

namespace orc::app {

namespace {

using cli::ExitCode;

constexpr Millis k_longest_start{3'600'000};
constexpr Millis k_after_drain{60'000};  // for the tear-down

void print(const std::vector<config::Finding>& findings) {
  for (const config::Finding& finding : findings) {
    const bool is_error = finding.severity == config::Finding::Severity::error;
    const auto priority = journal_priority(is_error ? LogLevel::error : LogLevel::warning);
    std::fprintf(stderr, "%s%s\n", std::string(priority).c_str(), to_text(finding).c_str());
  }
}

void configure_log(const config::Config& config) {
  const bool text =
      config.log_format == "text" || (config.log_format == "auto" && ::isatty(STDERR_FILENO) != 0);
  set_log(config.log_level, text ? LogFormat::text : LogFormat::json);
}

// Blocked before any thread starts, so that every thread inherits it and only the loop below reads
// signals.
UniqueFd block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

Status make_state_folders(const std::filesystem::path& root) {
  for (const char* name :
       {"jobs", "evidence", "repos", "work", "verify", "plugin-state", "plugins"}) {
    ORC_CHECK_OK(make_folder(root / name));
  }
  return Done{};
}

// Reads signals until the engine's thread has ended. What a signal means depends on what was asked
// before.
void obey_signals(int signals, int engine_ended, engine::Engine& engine, Reloader& reloader,
                  const ServiceManager& manager, Millis drain_timeout) {
  bool draining = false;
  std::unique_ptr<LongStep> drain;
  while (true) {
    std::array<pollfd, 2> watched{{{signals, POLLIN, 0}, {engine_ended, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) continue;
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGHUP:
        reloader.request("SIGHUP");
        break;
      case SIGINT:
        manager.stopping("stopping: workers are asked to end");
        engine.stop(engine::StopMode::end_workers);
        break;
      case SIGTERM:
        manager.stopping(draining ? "stopping: workers go on" : "draining before the stop");
        engine.stop(draining ? engine::StopMode::leave_workers : engine::StopMode::drain);
        if (!draining) {
          drain = std::make_unique<LongStep>(manager, "draining before the stop",
                                             drain_timeout + k_after_drain);
        }
        draining = true;
        break;
    }
  }
}

std::unique_ptr<clients::Outbox> make_outbox() {
  std::map<std::string, std::unique_ptr<clients::Receiver>> receivers;
  receivers.emplace("notifier.log", clients::make_log_notifier());
  return std::make_unique<clients::Outbox>(std::move(receivers));
}

// The generation in force, for threads that look at it now and then.
class GenerationInForce {
 public:
  explicit GenerationInForce(config::GenerationPtr generation)
      : generation_(std::move(generation)) {}
  config::GenerationPtr get() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }
  void set(config::GenerationPtr generation) {
    const std::lock_guard lock(mutex_);
    generation_ = std::move(generation);
  }

 private:
  mutable std::mutex mutex_;
  config::GenerationPtr generation_;
};

std::unique_ptr<engine::Housekeeping> make_housekeeping(
    const config::Config& config, const std::shared_ptr<GenerationInForce>& generations) {
  return std::make_unique<engine::Housekeeping>(
      engine::StateFolders{config.state_dir},
      [generations] { return generations->get()->config.keep_jobs; },
      [generations] {
        std::set<std::filesystem::path> libraries;
        for (const auto& [name, plugin] : generations->get()->plugins)
          libraries.insert(plugin.library);
        return libraries;
      });
}

std::unique_ptr<engine::Reconciler> make_reconciler(
    const config::Config& config, const std::shared_ptr<GenerationInForce>& generations) {
  return std::make_unique<engine::Reconciler>(engine::Reconciler::Parts{
      .open_reader =
          [database = config.database, timeout = config.busy_timeout] {
            return store::open_sqlite_reader(database, timeout);
          },
      .heads = git::heads,
      .folders = {config.state_dir},
      .every = [generations] { return generations->get()->config.reconciler_every; }});
}

using TellSelftests = std::function<void(engine::SelftestRound)>;

// What is loaded is tried on its fixtures first: whatever is to use it waits for that. A library
// that failed is tried again with every reload.
Preflights::Ask asking(const engine::StateFolders& folders, TellSelftests tell) {
  return [folders, tell = std::move(tell), trusted = std::set<std::string>()](
             const config::Generation& generation, const std::set<std::string>& plugins,
             const std::function<bool()>& cancelled) mutable {
    if (plugins.empty()) {
      engine::SelftestRound round{.rows = try_gates(), .loaded = {}};
      for (const auto& [name, plugin] : generation.plugins) round.loaded.insert(plugin.sha256);
      std::erase_if(trusted, [&](const std::string& one) { return !round.loaded.contains(one); });
      for (engine::SelftestRow& row :
           try_plugins(generation, trusted, worker_path(), folders.root / "verify", cancelled)) {
        if (row.passed) trusted.insert(row.sha256);
        round.rows.push_back(std::move(row));
      }
      if (!cancelled()) tell(std::move(round));
    }
    return run_preflights(generation, plugins, worker_path(), folders.root / "repos",
                          folders.root / "verify", cancelled);
  };
}

engine::Engine::Heartbeat beating(const ServiceManager& manager) {
  if (manager.heartbeat_every() == Millis{0}) return nullptr;
  return [&manager](const engine::Snapshot& status, const std::vector<store::StageCount>& counts) {
    manager.alive(in_one_line(status, counts));
  };
}

// Off the engine's thread.
std::string counted_line(const engine::Engine& engine, const config::Config& config) {
  const auto reader = store::open_sqlite_reader(config.database, config.busy_timeout);
  const auto counts = reader.ok() ? reader.value()->stage_counts()
                                  : Result<std::vector<store::StageCount>>(reader.error());
  return in_one_line(*engine.status(),
                     counts.ok() ? counts.value() : std::vector<store::StageCount>());
}

// Everything between "the database is open" and "the engine has ended". Members are torn down in
// reverse order: HTTP first, so that no command arrives at an engine that is gone.
int run_host(const config::Sources& sources, config::GenerationPtr generation,
             std::unique_ptr<store::Store> store, UniqueFd signals, const ServiceManager& manager,
             const config::ListenerSecrets& secrets, std::unique_ptr<LongStep> starting) {
  const config::Config& config = generation->config;
  const auto generations = std::make_shared<GenerationInForce>(generation);
  TellSelftests tell_selftests;  // the engine, once there is one
  Preflights preflights(asking(
      {config.state_dir}, [&](engine::SelftestRound round) { tell_selftests(std::move(round)); }));
  http::Changes changes;
  engine::Engine engine(
      {.store = std::move(store),
       .launcher = engine::make_process_launcher(worker_path()),
       .evidence = engine::make_evidence_folders({config.state_dir}),
       .outbox = make_outbox(),
       .housekeeping = make_housekeeping(config, generations),
       .reconciler = make_reconciler(config, generations),
       .generation = generation,
       .folders = {config.state_dir},
       .identity = new_host_identity(),
       .ask_preflight = [&](const std::string& plugin) { preflights.ask_again(plugin); },
       .trust = {selftested_types(), try_gates()},
       .on_published = [&](const engine::StatusPtr&) { changes.tell(); },
       .heartbeat_every = manager.heartbeat_every(),
       .heartbeat = beating(manager)});
  if (Status recovered = engine.recover(); !recovered.ok())
    return fail(ExitCode::unusable, recovered.error().message);
  Reloader reloader(
      generation,
      [&](const config::Generation* previous) {
        return config::build_generation(sources, worker_path(), previous);
      },
      [&](config::GenerationPtr next) {
        generations->set(next);
        engine.use_generation(std::move(next));
      },
      {.announce =
           [&](bool under_way) {
             if (!manager.is_there()) return;
             if (under_way) return manager.reloading();
             manager.ready(counted_line(engine, config));
           },
       // Also where nothing changed: a reload is how an operator asks for another look.
       .accepted = [&](config::GenerationPtr next) { preflights.use(std::move(next)); }});

  tell_selftests = [&](engine::SelftestRound round) { engine.use_selftests(std::move(round)); };
  preflights.use(generation);

  const UniqueFd engine_ended(::eventfd(0, EFD_CLOEXEC));
  std::thread engine_thread([&] {
    engine.run();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(engine_ended.get(), &one, sizeof(one));
  });
  auto server = http::Server::start(
      {.control_socket = config.control_socket,
       .control_mode = config.control_mode,
       .board_host = config.board.host,
       .board_port = config.board.port,
       .webhooks_host = config.webhooks.host,
       .webhooks_port = config.webhooks.port,
       .operator_token = secrets.operator_token,
       .webhook_secrets = secrets.webhooks,
       .state_dir = config.state_dir,
       .config_file = sources.file},
      {.commands = engine, .status = engine, .reloads = reloader, .changes = changes},
      [database = config.database, timeout = config.busy_timeout] {
        return store::open_sqlite_reader(database, timeout);
      });
  if (server.ok()) {
    log(LogLevel::info, "host.serving",
        "serving on " + config.control_socket.string() +
            (server.value()->board_port() < 0 ? ""
                                              : " and http://" + config.board.host + ":" +
                                                    std::to_string(server.value()->board_port())),
        {{"version", ORCH_VERSION},
         {"generation", std::to_string(generation->number)},
         {"webhooks",
          server.value()->webhooks_port() < 0
              ? "off"
              : config.webhooks.host + ":" + std::to_string(server.value()->webhooks_port())}});
    starting.reset();
    if (manager.is_there()) manager.ready(counted_line(engine, config));
    // Not before: its workers would take the processors from whoever waits for the host.
    preflights.start(
        [&](config::PreflightRound round) { engine.use_preflights(std::move(round)); });
    obey_signals(signals.get(), engine_ended.get(), engine, reloader, manager,
                 config.drain_timeout);
  } else {
    engine.stop(engine::StopMode::leave_workers);
  }
  engine_thread.join();
  preflights.stop();
  if (!server.ok()) return fail(ExitCode::unreachable, server.error().message);
  log(LogLevel::info, "host.stopped", "stopped as asked");
  return 0;
}

}  // namespace

std::filesystem::path worker_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() /
         "orchestrator-worker";
}

int serve(const config::Sources& sources) {
  set_log(LogLevel::info, LogFormat::text);
  const ServiceManager manager = ServiceManager::from_environment();
  guard_this_process();
  UniqueFd signals = block_signals();
  config::Built built = config::build_generation(sources, worker_path(), nullptr);
  print(built.findings);
  if (!built.generation) {
    std::fprintf(stderr, "%sorchestrator: configuration refused; nothing was started\n",
                 std::string(journal_priority(LogLevel::error)).c_str());
    return to_int(ExitCode::refused_config);
  }
  const config::Config& config = built.generation->config;
  configure_log(config);
  const LogWriter log_writer;
  if (Status made = make_state_folders(config.state_dir); !made.ok())
    return fail(ExitCode::unusable, made.error().message);
  const auto secrets = config::read_listener_secrets(config);
  if (!secrets.ok()) return fail(ExitCode::refused_config, secrets.error().message);
  // A migration of a large database, and what the host before has left behind, take their time.
  auto starting =
      std::make_unique<LongStep>(manager, "starting: opens the database", k_longest_start);
  Result<std::unique_ptr<store::Store>> store =
      store::open_sqlite(config.database, config.busy_timeout);
  if (!store.ok()) return fail(ExitCode::unusable, store.error().message);
  return run_host(sources, built.generation, std::move(store).value(), std::move(signals), manager,
                  secrets.value(), std::move(starting));
}

}  // namespace orc::app
