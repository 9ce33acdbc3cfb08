// SPDX-License-Identifier: Apache-2.0
// The C++ side of a plugin, over the C contract in abi.h. Header-only and compiled into the plugin:
// nothing of C++ crosses the line to the host, so plugin and host may differ in compiler and
// library.
//
// Derive from Producer, describe it in a Meta, and put ORCHESTRATOR_PLUGIN into one source file:
//
//   inline constexpr Meta k_meta{.id = "hello", .name = "Hello", …};
//   ORCHESTRATOR_PLUGIN(Hello, "hello", "1.0.0", k_meta)
//
// An instance serves one job and is never called twice at once; only cancel() comes from another
// thread. Exceptions may leave a Producer's functions: they end at the line as a fault of the
// plugin, never as a verdict. C++17, standard library only.
#ifndef ORCHESTRATOR_PLUGIN_SDK_HPP
#define ORCHESTRATOR_PLUGIN_SDK_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "orchestrator/plugin/abi.h"

#define ORCHESTRATOR_SDK_VERSION "1.0.0"

namespace orchestrator::plugin {

using Milliseconds = std::chrono::milliseconds;

// 10–19 decline, 20–29 defer, 30–39 hold. The host refuses a reason outside its outcome's range.
enum class Why : std::int32_t {
  out_of_scope = ORCH_WHY_OUT_OF_SCOPE,
  no_contract = ORCH_WHY_NO_CONTRACT,
  disabled = ORCH_WHY_DISABLED,
  timeout = ORCH_WHY_TIMEOUT,
  network = ORCH_WHY_NETWORK,
  resource = ORCH_WHY_RESOURCE,
  busy = ORCH_WHY_BUSY,
  cancelled = ORCH_WHY_CANCELLED,
  in_progress = ORCH_WHY_IN_PROGRESS,
  tool_missing = ORCH_WHY_TOOL_MISSING,
  credentials = ORCH_WHY_CREDENTIALS,
  config = ORCH_WHY_CONFIG,
  contract_broken = ORCH_WHY_CONTRACT_BROKEN,
  unknown = ORCH_WHY_UNKNOWN,
};

enum class Level : std::int32_t {
  debug = ORCH_LOG_DEBUG,
  info = ORCH_LOG_INFO,
  warning = ORCH_LOG_WARNING,
  error = ORCH_LOG_ERROR,
};

// --- answers ---

struct Accept {};
// Not mine. Legal only here, before anything was done.
struct Decline {
  Why why = Why::out_of_scope;
  std::string text{};
};
using Answer = std::variant<Accept, Decline>;

// The tool really ran: a statement about the work.
struct Verdict {
  std::string
      token;  // of the stage's verdict key; empty: an agent wrote the artifact, or there is no key
  std::string summary{};  // one line for people
  std::string body{};     // Markdown below the frontmatter, which the host writes; at most 1 MiB
};
// Did not run, may run later.
struct Defer {
  Why why = Why::busy;
  std::string text{};
  Milliseconds retry_after{0};  // 0: the host's own backoff
  std::string resume_token{};   // at most 4 KiB; given back with the next attempt
};
// Will not run until something outside changes.
struct Hold {
  Why why = Why::unknown;
  std::string text{};
};
using Outcome = std::variant<Verdict, Defer, Hold>;

// --- the request ---

struct ArtifactRule {
  std::string_view file{};  // '*' stands for part of a file name
  bool required = false;
};

// A view of what the host asks; the texts belong to the host and live as long as the call.
class Request {
 public:
  // Fields that the host does not know yet read as empty.
  explicit Request(const orch_request& raw);

  std::string_view job() const { return view(raw_.job); }
  std::string_view run_id() const { return view(raw_.run_id); }
  std::string_view work_item() const { return view(raw_.work_item); }
  std::string_view title() const { return view(raw_.title); }
  std::string_view request() const { return view(raw_.request); }
  std::string_view feedback() const { return view(raw_.feedback); }
  std::string_view stage() const { return view(raw_.stage); }
  std::string_view role() const { return view(raw_.role); }
  std::string_view model() const { return view(raw_.model); }
  std::string_view effort() const { return view(raw_.effort); }
  std::string_view repo() const { return view(raw_.repo); }
  std::string_view branch() const { return view(raw_.branch); }
  std::string_view base_branch() const { return view(raw_.base_branch); }
  std::string_view commit() const { return view(raw_.commit); }
  std::string_view base_commit() const { return view(raw_.base_commit); }
  std::string_view content_id() const { return view(raw_.content_id); }
  std::string_view worktree() const { return view(raw_.worktree); }
  std::string_view verification() const { return view(raw_.verification); }
  std::string_view artifact_dir() const { return view(raw_.artifact_dir); }
  std::string_view scratch() const { return view(raw_.scratch); }
  std::string_view prompt_file() const { return view(raw_.prompt_file); }
  std::string_view contract() const { return view(raw_.contract); }
  std::string_view resume_token() const { return view(raw_.resume_token); }
  std::string_view verdict_key() const { return view(raw_.verdict_key); }
  // Who approved exactly this content at this stage by releasing a hold; empty: nobody.
  std::string_view approved_by() const { return view(raw_.approved_by); }
  int attempt() const { return raw_.attempt; }
  std::vector<std::string_view> tokens() const;
  std::vector<ArtifactRule> artifacts() const;

 private:
  static std::string_view view(orch_str text) { return {text.data, text.size}; }
  orch_request raw_{};
};

// --- running a program ---

enum class Stream : std::int32_t { out = 1, err = 2 };

struct Process {
  std::vector<std::string> argv{};  // argv[0] is looked up in PATH; never a shell string
  std::string cwd{};                // empty: the worktree
  // All the child gets beside PATH, HOME, LANG, TMPDIR, TZ and ORCH_RUN_ID.
  std::vector<std::pair<std::string, std::string>> env{};
  std::string stdin_bytes{};   // empty: /dev/null
  Milliseconds timeout{0};     // 0: until the job's own deadline
  Milliseconds grace{0};       // between the soft signal and SIGKILL; 0: the host's
  std::size_t output_cap = 0;  // bytes kept of each stream, first and last half; 0: 1 MiB
  int soft_signal = 0;         // 0: SIGTERM
  bool mutating = false;       // changes something outside the job's folders
  bool detached = false;       // survives the job: only to start what must outlive the host
  std::function<void(Stream, std::string_view)>
      on_output{};  // as it arrives, in the calling thread
};

struct Exited {
  int code = 0;
};
struct Signalled {
  int signal = 0;
};
struct TimedOut {};
struct NotStarted {
  int error_number = 0;
  std::string text{};
};
struct Cancelled {};
using ProcessEnd = std::variant<Exited, Signalled, TimedOut, NotStarted, Cancelled>;

struct ProcessResult {
  ProcessEnd end{};
  std::string out{};
  std::string err{};
  bool truncated = false;
  Milliseconds duration{0};
};

// --- the host ---

// One LLM invocation. Unknown is nothing, never zero.
struct AgentRun {
  std::string program{};
  std::string program_version{};
  std::string model{};
  std::string effort{};
  std::string
      result;  // ok, auth, rate_limit, overload, context, timeout, killed, bad_artifact, unknown
  std::optional<std::int64_t> input_tokens{};
  std::optional<std::int64_t> output_tokens{};
  std::optional<std::int64_t> cache_read_tokens{};
  std::optional<std::int64_t> cache_write_tokens{};
  std::optional<std::int64_t> turns{};
  std::optional<double> cost_usd{};
  Milliseconds wall{0};
  bool complete = false;
};

// What the host offers to a running job. Any thread, but run() and record_agent_run() only while
// produce() or preflight() runs. Results are copies. testing.hpp has one for tests.
class Host {
 public:
  virtual ~Host() = default;
  virtual void log(Level level, std::string_view message) = 0;
  virtual bool cancelled() = 0;
  virtual Milliseconds now() = 0;        // since the epoch
  virtual Milliseconds remaining() = 0;  // until the job's deadline
  // Runs a program in its own session and sweeps its whole tree at the end. Blocks.
  virtual ProcessResult run(const Process& process) = 0;
  // A folder that outlives the job, one per plugin and task; empty: the host has none.
  virtual std::string state_dir() = 0;
  // A further file for the task's artifact folder; false: refused, the reason is in the log.
  virtual bool write_aux(std::string_view name, std::string_view bytes) = 0;
  // One line on what it does now, shown to operators.
  virtual void progress(std::string_view text) = 0;
  virtual bool record_agent_run(const AgentRun& run) = 0;
  // Inside produce() only: a checkout of the base commit, made on the first call and removed with
  // the job; empty: there is none.
  virtual std::string base_checkout() { return {}; }
  // Inside preflight() only: the repositories the plugin may be asked to produce for. Of each
  // request repo, base_branch, contract and scratch are set, and verification (the files near the
  // root of the default branch) where the host knows the repository already.
  virtual std::vector<Request> repositories() { return {}; }
  // What was found about the repository of this index, in one line: what will be run, or what is
  // missing.
  virtual void found(std::size_t repository, bool in_order, std::string_view text) {
    (void)repository, (void)in_order, (void)text;
  }
};

// --- what a plugin is ---

class Producer {
 public:
  virtual ~Producer() = default;
  // Takes the settings: a JSON object that fits the schema, defaults filled in. A text says why
  // they are refused. No I/O.
  virtual std::optional<std::string> configure(std::string_view settings_json) = 0;
  // Take this job? A pure decision; cheap looks at files are fine, processes are not.
  virtual Answer accepts(const Request& request) = 0;
  // Does the work. All own threads have ended when it returns.
  virtual Outcome produce(const Request& request, Host& host) = 0;
  // Is the surrounding in order? Changes nothing. A text says what is wrong with it; what concerns
  // one repository alone goes to host.found().
  virtual std::optional<std::string> preflight(Host& host) {
    (void)host;
    return std::nullopt;
  }
  // Makes a running produce() return soon; sets a flag, never blocks. Any thread.
  virtual void cancel() noexcept {}
};

struct StageClaim {
  const char* stage = "";        // "testing"; "*" for every stage
  const char* verdict_key = "";  // "result"; empty for "*" and for stages without one
};

class StageClaims {
 public:
  static constexpr std::size_t k_limit = 8;
  constexpr StageClaims(
      std::initializer_list<StageClaim> claims) {  // NOLINT(google-explicit-constructor)
    for (const StageClaim& claim : claims) claims_[size_++] = claim;
  }
  constexpr std::size_t size() const { return size_; }
  constexpr const StageClaim& operator[](std::size_t i) const { return claims_[i]; }

 private:
  StageClaim claims_[k_limit] = {};
  std::size_t size_ = 0;
};

// A constexpr object of this describes the plugin. Preflight and cancel are recognized by
// themselves when the producer overrides them (publicly); `capabilities` names the rest:
// ORCH_CAP_SIDE_EFFECTS, ORCH_CAP_RESUMABLE, ORCH_CAP_LLM.
struct Meta {
  const char* id;
  const char* name;
  const char* version;
  const char* license;
  const char* description;
  const char* settings_schema;  // JSON Schema, draft-07
  StageClaims stages;
  std::uint32_t capabilities = 0;
  Milliseconds default_timeout{0};
};

}  // namespace orchestrator::plugin

#include "orchestrator/plugin/detail/entry.hpp"

// Defines the two exported symbols. Once per plugin, at namespace scope, in a file that holds
// nothing else.
#define ORCHESTRATOR_PLUGIN(ProducerClass, plugin_id, plugin_version, meta)                       \
  static_assert(::orchestrator::plugin::line::equal((meta).id, plugin_id),                        \
                "id differs from the meta's");                                                    \
  static_assert(::orchestrator::plugin::line::equal((meta).version, plugin_version),              \
                "version differs from the meta's");                                               \
  extern "C" {                                                                                    \
  extern ORCHESTRATOR_PLUGIN_EXPORT const orch_ident orch_plugin_ident;                           \
  __attribute__((section(ORCH_IDENT_SECTION), used, retain)) const orch_ident orch_plugin_ident = \
      ::orchestrator::plugin::line::make_ident(plugin_id, plugin_version);                        \
  ORCHESTRATOR_PLUGIN_EXPORT const orch_descriptor* orch_plugin_query(std::uint32_t major,        \
                                                                      std::uint32_t minor) {      \
    (void)minor;                                                                                  \
    static constexpr auto claims = ::orchestrator::plugin::line::make_claims(meta);               \
    static constexpr orch_descriptor descriptor =                                                 \
        ::orchestrator::plugin::line::make_descriptor<ProducerClass>(meta, claims);               \
    return major == ORCH_ABI_MAJOR ? &descriptor : nullptr;                                       \
  }                                                                                               \
  }                                                                                               \
  static_assert(true, "")

#endif
