// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <future>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/worker_process.h"
#include "jobs/worker_client.h"

namespace orc::engine {

namespace {

constexpr std::uint64_t k_wake_token = 0;    // job ids start at 1
constexpr int k_max_wall_sleep_ms = 30'000;  // a step of the wall clock is noticed within this time
constexpr Millis k_retry_after_fault{1000};

int until_ms(MonoTime when) {
  const auto left = std::chrono::ceil<Millis>(when - mono_now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 24LL * 3600 * 1000));
}

int until_ms(WallTime when) {
  return static_cast<int>(
      std::clamp<long long>((when - wall_now()).count() + 1, 0, k_max_wall_sleep_ms));
}

}  // namespace

Engine::Engine(Parts parts)
    : store_(std::move(parts.store)),
      launcher_(std::move(parts.launcher)),
      evidence_(std::move(parts.evidence)),
      outbox_(std::move(parts.outbox)),
      housekeeping_(std::move(parts.housekeeping)),
      reconciler_(std::move(parts.reconciler)),
      generation_(std::move(parts.generation)),
      folders_(std::move(parts.folders)),
      identity_(std::move(parts.identity)),
      ask_preflight_(std::move(parts.ask_preflight)),
      on_published_(std::move(parts.on_published)),
      heartbeat_every_(parts.heartbeat_every),
      heartbeat_(std::move(parts.heartbeat)),
      tallies_(std::make_shared<Tallies>()),
      started_at_(wall_now()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      shadows_(*store_, *launcher_, folders_, epoll_.get()),
      side_workers_(*launcher_, epoll_.get()),
      monitors_(*store_, side_workers_, folders_, around_monitors()),
      trust_(std::move(parts.trust)) {
  if (!epoll_ || !wake_fd_) std::abort();  // the process is out of descriptors before it began
  epoll_event event{.events = EPOLLIN, .data = {.u64 = k_wake_token}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd_.get(), &event);
  outbox_->start([this](clients::Delivered delivered) { put_in(std::move(delivered)); });
  if (housekeeping_) housekeeping_->start();
  if (reconciler_) {
    reconciler_->start([this](ReconcilerRound round) { put_in(std::move(round)); });
  }
  publish();
}

Engine::~Engine() {
  // Their threads call back into this object.
  reconciler_.reset();
  outbox_.reset();
}

void Engine::run() {
  ready_to_serve_ = true;
  turn({});
  while (!finished_stopping()) {
    wait();
    enforce_deadlines();
    reap();
    side_workers_.reap();
    turn(collect());
    beat();
  }
  // Nobody waits for an answer for ever: what came in at the last moment was not carried out.
  for (Happening& left : collect()) {
    if (auto* command = std::get_if<Command>(&left)) {
      command->answered({.kind = Answer::Kind::unavailable,
                         .code = "stopping",
                         .text = "the host is stopping; nothing was done"});
    }
  }
  if (Status said = say_stopped(); !said.ok())
    log(LogLevel::warning, "host.stop_not_recorded", said.error().message);
}

// --- waiting -------------------------------------------------------------------------------------

// Who finds something in the inbox need not wake the engine: whoever put that in has.
void Engine::put_in(Happening happening) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = inbox_.empty();
    inbox_.push_back(std::move(happening));
  }
  if (was_empty) wake();
}

void Engine::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof(one));
}

int Engine::wait_limit_ms() const {
  if (!ready_.empty()) return 0;
  int limit = -1;
  const auto sooner = [&limit](int ms) { limit = limit < 0 ? ms : std::min(limit, ms); };
  for (const auto& [id, worker] : workers_)
    sooner(until_ms(worker.kill_at.value_or(worker.deadline)));
  if (!workers_.empty()) sooner(until_ms(next_reap_));
  for (const auto& [when, happening] : postponed_) sooner(until_ms(when));
  if (const auto deadline = shadows_.next_deadline()) sooner(until_ms(*deadline));
  if (const auto deadline = side_workers_.next_deadline()) sooner(until_ms(*deadline));
  if (next_due_ && !draining_ && free_workers() > 0) sooner(until_ms(*next_due_));
  if (next_outbox_) sooner(until_ms(*next_outbox_));
  if (next_unkill_) sooner(until_ms(*next_unkill_));
  if (monitors_.next_turn() && !stopping_) sooner(until_ms(*monitors_.next_turn()));
  if (stopping_) sooner(until_ms(stop_deadline_));
  if (heartbeat_) sooner(until_ms(next_beat_));
  return limit;
}

void Engine::wait() {
  std::array<epoll_event, 64> events{};
  const auto look = [&](int limit_ms) {
    return ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), limit_ms);
  };
  int count = look(0);
  if (count <= 0 && ready_.empty()) {
    if (Status maintained = store_->maintain(); !maintained.ok())
      fault_ = maintained.error().message;
    count = look(wait_limit_ms());
  }
  exited_.clear();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t token = events[static_cast<std::size_t>(i)].data.u64;
    if (token != k_wake_token) {
      exited_.push_back(JobId{static_cast<std::int64_t>(token)});
      continue;
    }
    std::uint64_t drained = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_.get(), &drained, sizeof(drained));
  }
}

std::vector<Engine::Happening> Engine::collect() {
  std::vector<Happening> happenings = std::move(ready_);
  ready_.clear();
  collect_ended_workers(happenings);
  const MonoTime now = mono_now();
  for (auto it = postponed_.begin(); it != postponed_.end();) {
    if (it->first > now) {
      ++it;
      continue;
    }
    happenings.push_back(std::move(it->second));
    it = postponed_.erase(it);
  }
  const std::lock_guard lock(mutex_);
  std::move(inbox_.begin(), inbox_.end(), std::back_inserter(happenings));
  inbox_.clear();
  if (stop_request_ && stop_request_ != stopping_) {
    stopping_ = stop_request_;
    draining_ = true;
    const config::Config& config = generation_->config;
    stop_deadline_ =
        mono_now() +
        (*stopping_ == StopMode::drain ? config.drain_timeout : config.kill_grace + Millis{5000});
    log(LogLevel::info, "host.stopping",
        *stopping_ == StopMode::drain           ? "draining: nothing new starts"
        : *stopping_ == StopMode::leave_workers ? "stopping now; running workers go on"
                                                : "stopping; running workers are asked to end",
        {{"running", std::to_string(workers_.size())},
         {"at_most", to_words(std::chrono::duration_cast<Millis>(stop_deadline_ - mono_now()))}});
    if (*stopping_ == StopMode::end_workers) {
      for (auto& [id, worker] : workers_)
        ask_to_end(worker, ReasonCode::cancelled, "ended by the host, which is stopping");
    }
  }
  return happenings;
}

void Engine::collect_ended_workers(std::vector<Happening>& happenings) {
  for (const JobId id : exited_) {
    const auto found = workers_.find(id);
    if (found == workers_.end() || !found->second.child.pidfd) continue;
    Worker& worker = found->second;
    // Out of the set before it is closed, or one end would be reported twice.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.child.pidfd.get(), nullptr);
    worker.child.pidfd.reset();
    const std::filesystem::path folder = folders_.job(worker.job.id, worker.job.attempt);
    const bool reported = jobs::has_reported(folder);
    const jobs::WorkerEnd end =
        reported || !worker.is_child ? jobs::WorkerEnd() : launcher_->end_of(worker.child);
    jobs::WorkerReport report = jobs::conclude(folder, end);
    if (!reported) {
      clear_up_after(worker);
      if (!worker.ended_because) ++reaper_.dead;
    }
    if (worker.ended_because && !std::holds_alternative<Verdict>(report.outcome) &&
        !std::holds_alternative<CiResult>(report.outcome) &&
        !std::holds_alternative<EdgeResult>(report.outcome)) {
      report.outcome = Deferred{.reason = *worker.ended_because, .text = worker.ended_text};
    }
    happenings.emplace_back(JobEnded{
        id, worker.job.attempt, std::make_shared<const jobs::WorkerReport>(std::move(report))});
  }
}

bool Engine::finished_stopping() const {
  if (!stopping_) return false;
  switch (*stopping_) {
    case StopMode::leave_workers:
      return true;
    case StopMode::drain:
    case StopMode::end_workers:
      return workers_.empty() || mono_now() >= stop_deadline_;
  }
  return true;
}

// --- one turn
// --------------------------------------------------------------------------------------

void Engine::turn(std::vector<Happening> happenings) {
  const Status applied = apply(happenings);
  if (!applied.ok()) {
    store_->rollback();
    reload_pauses();
    log(LogLevel::warning, "engine.batch_refused", applied.error().message,
        {{"happenings", std::to_string(happenings.size())}});
    fault_ = applied.error().message;
    for (Happening& happening : happenings) apply_alone(happening);
  }
  publish();
  for (const Effect& answer : std::exchange(answers_, {})) answer();
}

Status Engine::apply(std::vector<Happening>& happenings) {
  constexpr std::size_t k_observed_of_each = 8;
  batch_ = Batch{};
  batch_.now = wall_now();
  batch_.observed.reserve(k_observed_of_each * happenings.size());
  ORC_CHECK_OK(store_->begin());
  ORC_CHECK_OK(follow_wall_clock());
  for (Happening& happening : happenings) {
    ORC_CHECK_OK(std::visit(overloaded{
                                [this](Command& e) { return on(e); },
                                [this](JobEnded& e) { return on(e); },
                                [this](NewGeneration& e) { return on(e); },
                                [this](SwitchesChanged& e) { return on(e); },
                                [this](ReconcilerRound& e) { return on(e); },
                                [this](config::PreflightRound& e) { return on(e); },
                                [this](SelftestRound& e) { return on(e); },
                                [this](clients::Delivered& e) { return on(e); },
                            },
                            happening));
  }
  if (ready_to_serve_ && !stopping_) ORC_CHECK_OK(monitors_.turn(generation_, batch_.now));
  ORC_CHECK_OK(claim_jobs());
  const bool idle = !draining_ && ready_to_serve_ && free_workers() > 0;
  ORC_CHECK_OK(shadows_.turn(generation_, kills_, idle, batch_.now));
  ORC_FAILPOINT(batch_written);
  ORC_CHECK_OK(store_->commit());
  ORC_CRASHPOINT(batch_durable);
  fault_.clear();
  last_batch_ = batch_.now;
  run_effects();
  return Done{};
}

// The batch could not be written as a whole: this happening gets a transaction of its own, and what
// still cannot be written waits. A command is told so at once.
void Engine::apply_alone(Happening& happening) {
  std::vector<Happening> alone;
  alone.push_back(happening);
  const Status applied = apply(alone);
  if (applied.ok()) return;
  store_->rollback();
  reload_pauses();
  fault_ = applied.error().message;
  if (auto* command = std::get_if<Command>(&happening)) {
    command->answered({.kind = Answer::Kind::unavailable,
                       .code = "store_unavailable",
                       .text = applied.error().message,
                       .hint = "nothing was changed; try again"});
    return;
  }
  log(LogLevel::error, "engine.happening_postponed", applied.error().message);
  postponed_.emplace_back(mono_now() + k_retry_after_fault, std::move(happening));
}

void Engine::run_effects() {
  transitions_ += batch_.transitions;
  lost_writes_ += batch_.lost_writes;
  last_event_ = std::max(last_event_, batch_.last_event);
  // A worker that does not start puts a report into ready_; nothing here adds to the batch.
  Batch done = std::exchange(batch_, {});
  if (!done.observed.empty()) tallies_->add(done.observed);
  for (const JobId id : done.ended) forget(id);
  for (const Effect& effect : done.effects) effect();
  for (Worker& worker : done.starting) start(std::move(worker));
  shadows_.launch();
  monitors_.launch();
  std::move(done.answers.begin(), done.answers.end(), std::back_inserter(answers_));
}

// --- from other threads
// ------------------------------------------------------------------------------

void Engine::stop(StopMode mode) {
  {
    const std::lock_guard lock(mutex_);
    stop_request_ = mode;
  }
  wake();
}

void Engine::use_generation(config::GenerationPtr generation) {
  put_in(NewGeneration{std::move(generation)});
}

void Engine::use_preflights(config::PreflightRound round) {
  put_in(std::move(round));
}

void Engine::post(const Request& request, const Actor& actor,
                  std::function<void(const Answer&)> answered, const Terms& terms) {
  std::unique_lock lock(mutex_);
  if (stop_request_ && *stop_request_ != StopMode::drain) {
    lock.unlock();
    answered(
        {.kind = Answer::Kind::unavailable, .code = "stopping", .text = "the host is stopping"});
    return;
  }
  // Under the same lock: what is put in before a stop is still answered.
  const bool was_empty = inbox_.empty();
  inbox_.emplace_back(Command{request, actor, std::move(answered), terms});
  lock.unlock();
  if (was_empty) wake();
}

Answer Engine::execute(const Request& request, const Actor& actor, const Terms& terms) {
  std::promise<Answer> promise;
  std::future<Answer> answer = promise.get_future();
  post(
      request, actor, [&promise](const Answer& given) { promise.set_value(given); }, terms);
  return answer.get();
}

StatusPtr Engine::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace orc::engine
