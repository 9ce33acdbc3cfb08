// SPDX-License-Identifier: Apache-2.0
#include "worker/host_services.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/redact.h"
#include "base/text.h"
#include "domain/gates.h"
#include "worker/plugin_library.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_line_limit = 8 * 1024;
constexpr std::size_t k_aux_files = 8;
constexpr std::size_t k_aux_bytes = 4 << 20;
constexpr std::size_t k_progress_limit = 500;

constexpr std::array<std::string_view, 4> k_levels{"debug", "info", "warning", "error"};

bool is_aux_name(std::string_view name) {
  constexpr std::string_view k_allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  if (name.empty() || name.size() > 100 || name.front() == '.' ||
      name.find_first_not_of(k_allowed) != std::string_view::npos) {
    return false;
  }
  // What a gate of any stage reads is written by the host alone.
  return std::none_of(
      STAGE_TRANSITIONS.begin(), STAGE_TRANSITIONS.end(), [&](const StageRule& rule) {
        return std::any_of(
            rule.artifacts.begin(), rule.artifacts.end(),
            [&](const ArtifactRule& artifact) { return matches(artifact.file, name); });
      });
}

template <typename Number>
std::optional<Number> known(Number value) {
  return value < 0 ? std::nullopt : std::optional(value);
}

}  // namespace

// The C functions: each finds its object and passes on.
struct ServiceTable {
  static HostServices& self(void* context) { return *static_cast<HostServices*>(context); }

  static void log(void* context, std::int32_t level, orch_str message) {
    self(context).log(level, view(message));
  }
  static std::int32_t cancelled(void* context) {
    return self(context).session_.watchdog.stop_cause() ? 1 : 0;
  }
  static std::uint64_t now(void*) { return static_cast<std::uint64_t>(wall_now().ms); }
  static std::uint64_t remaining(void* context) {
    return static_cast<std::uint64_t>(self(context).session_.watchdog.remaining().count());
  }
  static orch_status run(void* context, const orch_process* spec, orch_process_result* result) {
    if (spec == nullptr || result == nullptr || spec->struct_size < sizeof(orch_process) ||
        result->struct_size < sizeof(orch_process_result)) {
      return ORCH_E_ARGUMENT;
    }
    return self(context).run(*spec, *result);
  }
  static orch_status submit(void* context, const orch_outcome* outcome) {
    return outcome == nullptr ? orch_status{ORCH_E_ARGUMENT} : self(context).submit(*outcome);
  }
  static orch_str state_folder(void* context) { return self(context).state_folder(); }
  static orch_str base_checkout(void* context) { return self(context).base_checkout(); }
  static orch_status write_aux(void* context, orch_str name, orch_str bytes) {
    return self(context).write_aux(view(name), view(bytes));
  }
  static void progress(void* context, orch_str text) {
    self(context).session_.record.tell(printable(to_utf8(view(text).substr(0, k_progress_limit))));
  }
  static orch_status agent_run(void* context, const orch_agent_run* run) {
    if (run == nullptr || run->struct_size < sizeof(orch_agent_run)) return ORCH_E_ARGUMENT;
    return self(context).record_agent_run(*run);
  }
  static const void* extension(void*, orch_str name) {
    static constexpr orch_ext_statedir k_statedir{sizeof(orch_ext_statedir), &state_folder};
    static constexpr orch_ext_artifact_aux k_aux{sizeof(orch_ext_artifact_aux), &write_aux};
    static constexpr orch_ext_progress k_progress{sizeof(orch_ext_progress), &progress};
    static constexpr orch_ext_agent_run k_agent_run{sizeof(orch_ext_agent_run), &agent_run};
    static constexpr orch_ext_base_checkout k_base{sizeof(orch_ext_base_checkout), &base_checkout};
    struct Row {
      std::string_view name;
      const void* table;
    };
    static constexpr std::array k_extensions{
        Row{ORCH_EXT_STATEDIR, &k_statedir}, Row{ORCH_EXT_ARTIFACT_AUX, &k_aux},
        Row{ORCH_EXT_PROGRESS, &k_progress}, Row{ORCH_EXT_AGENT_RUN, &k_agent_run},
        Row{ORCH_EXT_BASE_CHECKOUT, &k_base}};
    for (const Row& row : k_extensions) {
      if (row.name == view(name)) return row.table;
    }
    return nullptr;
  }
};

HostServices::HostServices(Session& session, const std::string& plugin)
    : session_(session), plugin_(plugin) {
  table_.struct_size = sizeof(orch_host);
  table_.abi_minor = ORCH_ABI_MINOR;
  table_.context = this;
  table_.log = &ServiceTable::log;
  table_.cancelled = &ServiceTable::cancelled;
  table_.now_ms = &ServiceTable::now;
  table_.remaining_ms = &ServiceTable::remaining;
  table_.run_process = &ServiceTable::run;
  table_.submit = &ServiceTable::submit;
  table_.get_extension = &ServiceTable::extension;
}

void HostServices::open_production(std::function<Result<Surroundings>()> surroundings) {
  const std::lock_guard lock(mutex_);
  producing_ = true;
  make_surroundings_ = std::move(surroundings);
}

void HostServices::close_production() {
  const std::lock_guard lock(mutex_);
  producing_ = false;
}

std::optional<std::string> HostServices::isolation_fault() const {
  const std::lock_guard lock(mutex_);
  if (!surroundings_ || surroundings_->ok()) return std::nullopt;
  return surroundings_->error().message;
}

void HostServices::log(std::int32_t level, std::string_view message) {
  const auto row = static_cast<std::size_t>(std::clamp(level, 0, 3));
  // Masked before it is cut: half a secret is too much.
  std::string text =
      printable(to_utf8(redacted(std::string(message.substr(0, 2 * k_line_limit)))))
          .substr(0, k_line_limit);
  std::string line = to_iso8601_ms(wall_now()) + " " + std::string(k_levels[row]) + " [" + plugin_ +
                     "] " + text + "\n";
  const std::lock_guard lock(mutex_);
  if (level >= ORCH_LOG_ERROR) last_error_ = std::move(text);
  switch (log_budget_.take(line.size(), mono_now())) {
    case LogBudget::Answer::write:
      break;
    case LogBudget::Answer::write_last:
      line = "[" + plugin_ + "] more lines are dropped\n";
      break;
    case LogBudget::Answer::drop:
      return;
  }
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

std::string HostServices::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

orch_status HostServices::submit(const orch_outcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (!producing_) return ORCH_E_STATE;
  if (++submissions_ > 1) {
    broken_ = "it submitted a second outcome";
    return ORCH_E_STATE;
  }
  Result<Submission> read = read_submission(outcome, session_.rule);
  if (!read.ok()) {
    broken_ = read.error().message;
    return ORCH_E_ARGUMENT;
  }
  submission_ = std::move(read).value();
  return ORCH_OK;
}

Result<Submission> HostServices::submission() const {
  const std::lock_guard lock(mutex_);
  if (!broken_.empty()) return Error{ErrorKind::malformed, broken_};
  if (!submission_) return Error{ErrorKind::malformed, "it returned without an outcome"};
  return *submission_;
}

orch_str HostServices::state_folder() {
  const std::lock_guard lock(mutex_);
  if (state_folder_.empty() && !session_.request.plugin_state.empty()) {
    std::string name = plugin_;
    std::replace(name.begin(), name.end(), '/', '_');
    const std::filesystem::path folder = session_.request.plugin_state / name;
    if (make_folder(folder).ok()) state_folder_ = folder.string();
  }
  return to_abi(state_folder_);
}

orch_str HostServices::base_checkout() {
  const std::lock_guard lock(mutex_);
  if (!producing_ || !session_.make_base_checkout) return {};
  if (!base_checkout_) {
    const Status made = session_.make_base_checkout();
    base_checkout_ = made.ok() ? session_.base_checkout().string() : std::string();
    // A rule is about a folder that is there: the next program gets one for this folder too.
    if (made.ok() && surroundings_ && surroundings_->ok()) surroundings_.reset();
    if (!made.ok()) {
      const std::string line =
          "[" + plugin_ + "] no checkout of the base: " + made.error().message + "\n";
      (void)!::write(STDERR_FILENO, line.data(), line.size());
    }
  }
  return to_abi(*base_checkout_);
}

orch_status HostServices::write_aux(std::string_view name, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!is_aux_name(name)) return ORCH_E_ARGUMENT;
  auto sizes = aux_sizes_;
  sizes[std::string(name)] = bytes.size();
  std::size_t total = 0;
  for (const auto& [file, size] : sizes) total += size;
  if (sizes.size() > k_aux_files || total > k_aux_bytes) return ORCH_E_ARGUMENT;
  if (!make_folder(session_.artifacts()).ok()) return ORCH_E_FAILED;
  const Status written =
      write_file_atomically(session_.artifacts() / name, redacted(std::string(bytes)),
                            Durability::process);
  if (!written.ok()) return ORCH_E_FAILED;
  aux_sizes_ = std::move(sizes);
  return ORCH_OK;
}

std::vector<std::string> HostServices::aux_files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, size] : aux_sizes_) names.push_back(name);
  return names;
}

orch_status HostServices::record_agent_run(const orch_agent_run& run) {
  const auto text = [](orch_str value) {
    return printable(to_utf8(view(value).substr(0, k_progress_limit)));
  };
  AgentRun record;
  record.job = session_.request.job;
  record.stage = session_.request.stage;
  record.role = session_.rule.role;
  record.program = text(run.program);
  record.program_version = text(run.program_version);
  record.model = text(run.model);
  record.effort = text(run.effort);
  record.input_tokens = known(run.input_tokens);
  record.output_tokens = known(run.output_tokens);
  record.cache_read_tokens = known(run.cache_read_tokens);
  record.cache_write_tokens = known(run.cache_write_tokens);
  record.cost_usd = known(run.cost_usd);
  record.turns = known(run.turns);
  record.wall_ms = std::max<std::int64_t>(run.wall_ms, 0);
  record.complete = run.complete != 0;
  record.result = text(run.result);
  record.started_at = WallTime{wall_now().ms - record.wall_ms};
  session_.record.ran(std::move(record));
  return ORCH_OK;
}

}  // namespace orc::worker
