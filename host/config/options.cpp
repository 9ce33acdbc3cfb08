// SPDX-License-Identifier: Apache-2.0
#include "config/options.h"

#include <algorithm>
#include <array>

#include "base/enum_names.h"
#include "base/text.h"
#include "config/defaults.h"

namespace orc::config {

namespace {

constexpr EnumNames<LogLevel, 4> k_log_levels{{{LogLevel::debug, "debug"},
                                               {LogLevel::info, "info"},
                                               {LogLevel::warning, "warning"},
                                               {LogLevel::error, "error"}}};
constexpr std::array k_log_level_words{k_log_levels[0].second, k_log_levels[1].second,
                                       k_log_levels[2].second, k_log_levels[3].second};
constexpr std::array<std::string_view, 3> k_log_formats{"auto", "text", "json"};
constexpr std::array<std::string_view, 5> k_efforts{"low", "medium", "high", "xhigh", "max"};

constexpr std::array k_isolation_words{k_isolation_levels[0].second, k_isolation_levels[1].second,
                                       k_isolation_levels[2].second};
constexpr std::int64_t k_mebibyte = 1 << 20;
constexpr std::array<std::string_view, 3> k_forges{"git", "gitea", "github"};
constexpr std::array<std::string_view, 4> k_severities{"low", "medium", "high", "critical"};

constexpr std::int64_t k_second = 1000;
constexpr std::int64_t k_hour = 3600 * k_second;
constexpr std::int64_t k_week = 168 * k_hour;
constexpr std::int64_t k_first_backoff_limit = k_hour;

// The decoder converts by the row's type before it calls `set`, so the alternative is always there.
template <typename T>
const T& of(const Value& value) {
  return std::get<T>(value);
}

constexpr std::string_view k_default_model = "claude-opus-4-8";

ListenAddress address_of(const Value& value) {
  const std::string& listen = of<std::string>(value);
  if (listen == "off") return {"127.0.0.1", -1};
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {host, static_cast<int>(parse_integer(listen.substr(colon + 1)).value_or(-1))};
}

void set_webhook_secret(Config& config, const std::string& forge, const Value& value) {
  if (of<std::string>(value) != "{}") config.webhook_secrets[forge] = of<std::string>(value);
}

void set_plugin_dirs(Config& config, const std::string&, const Value& value) {
  for (const std::string& folder : of<std::vector<std::string>>(value)) {
    config.plugin_dirs.emplace_back(folder);
  }
}

void set_producers(Config& config, const std::string& name, const Value& value) {
  const auto stage = parse_stage(name);
  if (!stage) return;
  StageChain& chain = config.stages[*stage];
  for (const std::string& link : of<std::vector<std::string>>(value)) {
    if (link.starts_with(k_shadow_mark)) {
      chain.shadows.push_back(link.substr(k_shadow_mark.size()));
    } else {
      chain.producers.push_back(link);
    }
  }
}

std::vector<std::filesystem::path> paths_of(const Value& value) {
  const auto& texts = of<std::vector<std::string>>(value);
  return {texts.begin(), texts.end()};
}

RoleSettings& role(Config& config, const std::string& name) {
  return config.roles[parse_role(name).value_or(Role::analyst)];
}

// A model's price row, made by the first of its keys.
LlmPrice& price(Config& config, const std::string& model) {
  return config.llm.prices[model];
}
constexpr std::int64_t k_cent = 10'000;

// Rows below `repos.*.test` have no place of their own: the decoder puts them into Repo::contract.
using S = const std::string&;
using V = const Value&;
constexpr std::array k_options{
    // clang-format off
    Option{.key = "version", .type = Type::integer, .otherwise = "must be given", .least = 1, .most = 1, .takes = Takes::restart,
           .text = "Format of this file.", .set = [](Config&, S, V) {}},

    Option{.key = "daemon.workers", .type = Type::integer, .fallback = "2", .least = 1, .most = 256, .env = "ORCH_WORKERS",
           .text = "Jobs that run at the same time.",
           .set = [](Config& c, S, V v) { c.workers = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "daemon.shadow_workers", .type = Type::integer, .fallback = "1", .most = 64,
           .text = "Shadow runs at the same time, beside `daemon.workers` and only while one of those is idle. 0: none.",
           .set = [](Config& c, S, V v) { c.shadow_workers = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "daemon.drain_timeout", .type = Type::duration, .fallback = "15m", .most = k_week, .env = "ORCH_DRAIN_TIMEOUT",
           .text = "Time given to running jobs after SIGTERM.",
           .set = [](Config& c, S, V v) { c.drain_timeout = of<Millis>(v); }},
    Option{.key = "daemon.kill_grace", .type = Type::duration, .fallback = "10s", .most = k_hour, .env = "ORCH_KILL_GRACE",
           .text = "Between SIGTERM and SIGKILL of a process tree.",
           .set = [](Config& c, S, V v) { c.kill_grace = of<Millis>(v); }},
    Option{.key = "daemon.keep_jobs", .type = Type::duration, .fallback = "336h", .least = k_week + k_hour, .most = 520 * k_week, .env = "ORCH_KEEP_JOBS",
           .text = "How long the folder of a finished job, with its log, is kept.",
           .set = [](Config& c, S, V v) { c.keep_jobs = of<Millis>(v); }},
    Option{.key = "daemon.decide_timeout", .type = Type::duration, .fallback = "5s", .least = 100, .most = 60 * k_second, .env = "ORCH_DECIDE_TIMEOUT",
           .text = "Time a plugin has to say whether it takes a job; later counts as declined.",
           .set = [](Config& c, S, V v) { c.decide_timeout = of<Millis>(v); }},
    Option{.key = "daemon.state_dir", .type = Type::path, .fallback = "/var/lib/orchestrator", .env = "ORCH_STATE_DIR", .takes = Takes::restart,
           .text = "Folder for everything the program keeps outside its database.",
           .set = [](Config& c, S, V v) { c.state_dir = of<std::string>(v); }},
    Option{.key = "daemon.log.level", .type = Type::word, .fallback = "info", .words = k_log_level_words, .env = "ORCH_LOG_LEVEL", .takes = Takes::restart,
           .text = "Least severity that is logged.",
           .set = [](Config& c, S, V v) { c.log_level = value_in(k_log_levels, of<std::string>(v)).value_or(LogLevel::info); }},
    Option{.key = "daemon.log.format", .type = Type::word, .fallback = "auto", .words = k_log_formats, .env = "ORCH_LOG_FORMAT", .takes = Takes::restart,
           .text = "`auto`: text on a terminal, JSON elsewhere.",
           .set = [](Config& c, S, V v) { c.log_format = of<std::string>(v); }},

    Option{.key = "db.url", .type = Type::database, .otherwise = "`orchestrator.db` in `daemon.state_dir`", .env = "ORCH_DB_URL", .env_alias = "ORCH_DB_PATH", .takes = Takes::restart,
           .text = "The database, as `sqlite:///PATH`. `ORCH_DB_PATH` takes the bare path.",
           .set = [](Config& c, S, V v) { c.database = of<std::string>(v); }, .derive = default_database},
    Option{.key = "db.busy_timeout", .type = Type::duration, .fallback = "5s", .most = 600 * k_second, .env = "ORCH_DB_BUSY_TIMEOUT", .takes = Takes::restart,
           .text = "Longest wait for the database's lock.",
           .set = [](Config& c, S, V v) { c.busy_timeout = of<Millis>(v); }},

    Option{.key = "http.control.socket", .type = Type::path, .fallback = "/run/orchestrator/control.sock", .env = "ORCH_CONTROL_SOCKET", .takes = Takes::restart,
           .text = "Unix socket of the command line: full rights, audited by the peer's user.",
           .set = [](Config& c, S, V v) { c.control_socket = of<std::string>(v); }},
    Option{.key = "http.control.mode", .type = Type::octal, .fallback = "\"0660\"", .most = 0777, .env = "ORCH_CONTROL_MODE", .takes = Takes::restart,
           .text = "Permissions of the socket, octal and in quotes.",
           .set = [](Config& c, S, V v) { c.control_mode = static_cast<unsigned>(of<std::int64_t>(v)); }},
    Option{.key = "http.board.listen", .type = Type::listen, .fallback = "127.0.0.1:8480", .env = "ORCH_HTTP_LISTEN", .takes = Takes::restart,
           .text = "HOST:PORT of the board, the JSON API, `/health` and `/metrics`; port 0: any free one; `off`: none. Another than a loopback address needs `http.board.operator_token`.",
           .set = [](Config& c, S, V v) { c.board = address_of(v); }},
    Option{.key = "http.board.operator_token", .type = Type::free_map, .fallback = "{}", .takes = Takes::restart,
           .text = "`{credential: NAME}`, `{env: NAME}` or `{file: /PATH}`: what a request that changes something carries as `Authorization: Bearer`. Without it the board only reads.",
           .set = [](Config& c, S, V v) { if (of<std::string>(v) != "{}") c.operator_token = of<std::string>(v); }},
    Option{.key = "http.webhooks.listen", .type = Type::listen, .fallback = "off", .env = "ORCH_WEBHOOKS_LISTEN", .takes = Takes::restart,
           .text = "HOST:PORT for the webhooks of forges, `POST /webhooks/gitea` and `/webhooks/github`, such as `127.0.0.1:8481` behind a proxy; `off`: none.",
           .set = [](Config& c, S, V v) { c.webhooks = address_of(v); }},
    Option{.key = "http.webhooks.gitea.secret", .type = Type::free_map, .fallback = "{}", .takes = Takes::restart,
           .text = "`{credential: NAME}`, `{env: NAME}` or `{file: /PATH}`: what Gitea signs its webhooks with. Without it they are refused.",
           .set = [](Config& c, S, V v) { set_webhook_secret(c, "gitea", v); }},
    Option{.key = "http.webhooks.github.secret", .type = Type::free_map, .fallback = "{}", .takes = Takes::restart,
           .text = "The same for GitHub.",
           .set = [](Config& c, S, V v) { set_webhook_secret(c, "github", v); }},

    Option{.key = "tracker.local.prefix", .type = Type::text, .fallback = "TASK", .env = "ORCH_TRACKER_LOCAL_PREFIX",
           .text = "Work items of the built-in tracker are named PREFIX-1, PREFIX-2, …",
           .set = [](Config& c, S, V v) { c.work_item_prefix = of<std::string>(v); }},

    Option{.key = "repos.*.self_hosting", .type = Type::boolean, .fallback = "false",
           .text = "This is the repository that an empty scope means; at most one.",
           .set = [](Config& c, S n, V v) { c.repos[n].self_hosting = of<bool>(v); }},
    Option{.key = "repos.*.clone", .type = Type::clone_url, .otherwise = "none: a task here has no repository",
           .text = "URL or path that it is cloned from.",
           .set = [](Config& c, S n, V v) { c.repos[n].clone = of<std::string>(v); }},
    Option{.key = "repos.*.default_branch", .type = Type::text, .fallback = "main",
           .text = "Branch that tasks start from and are merged into.",
           .set = [](Config& c, S n, V v) { c.repos[n].default_branch = of<std::string>(v); }},
    Option{.key = "repos.*.test.command", .type = Type::text_list, .otherwise = "none: test-runner looks for a known project shape, else declines",
           .text = "The suite, program and arguments."},
    Option{.key = "repos.*.test.cwd", .type = Type::text, .otherwise = "the checkout",
           .text = "Folder the suite runs in, relative to the checkout."},
    Option{.key = "repos.*.test.timeout", .type = Type::duration, .fallback = "15m", .least = k_second, .most = k_week,
           .text = "The suite is ended after this; that is an environment fault, never a red suite."},
    Option{.key = "repos.*.test.env", .type = Type::text_map, .fallback = "{}",
           .text = "Environment of the suite, beside the allow-listed base."},
    Option{.key = "repos.*.test.exit_codes.pass", .type = Type::code_list, .otherwise = "the runner's: 0",
           .text = "Exit codes of a green suite; a code in neither list is an environment fault."},
    Option{.key = "repos.*.test.exit_codes.fail", .type = Type::code_list, .otherwise = "the runner's: pytest 1, ctest 8",
           .text = "Exit codes of a red suite."},
    Option{.key = "repos.*.test.evidence.junit", .type = Type::text, .otherwise = "test-runner asks a known runner for its own",
           .text = "JUnit XML report that the suite writes, relative to `test.cwd`."},
    Option{.key = "repos.*.test.evidence.min_tests", .type = Type::integer, .fallback = "1", .least = 1,
           .text = "Fewer executed tests than this: the suite did not run."},
    Option{.key = "repos.*.ci.command", .type = Type::text_list, .fallback = "[]",
           .text = "What decides that a branch is green, program and arguments.",
           .set = [](Config& c, S n, V v) { c.repos[n].ci.command = of<std::vector<std::string>>(v); }},
    Option{.key = "repos.*.ci.required", .type = Type::boolean, .fallback = "true",
           .text = "`false`: this repository has no CI, and development passes without it.",
           .set = [](Config& c, S n, V v) { c.repos[n].ci.required = of<bool>(v); }},
    Option{.key = "repos.*.ci.timeout", .type = Type::duration, .fallback = "15m", .least = k_second, .most = k_week,
           .text = "The CI command is ended after this.",
           .set = [](Config& c, S n, V v) { c.repos[n].ci.timeout = of<Millis>(v); }},

    Option{.key = "repos.*.forge.kind", .type = Type::word, .fallback = "git", .words = k_forges,
           .text = "Who moves the base branch: `git` pushes to `clone`; `gitea` and `github` are asked over their API."},
    Option{.key = "repos.*.forge.api", .type = Type::text, .fallback = "\"\"",
           .text = "`https://git.example.lan/api/v1`, `https://api.github.com`; plain http on loopback alone."},
    Option{.key = "repos.*.forge.repository", .type = Type::text, .fallback = "\"\"",
           .text = "OWNER/NAME there."},
    Option{.key = "repos.*.forge.token", .type = Type::free_map, .fallback = "{}",
           .text = "`{credential: NAME}`, `{env: NAME}` or `{file: /PATH}`: given to the job that lands, and to no other."},
    Option{.key = "repos.*.merge.markers", .type = Type::text_map, .fallback = "{}",
           .text = "Fixes that must not vanish, `ID: \"FILE: PATTERN\"`: what is merged must hold a line of FILE that the extended regular expression matches."},
    Option{.key = "repos.*.coverage.report", .type = Type::text, .otherwise = "must be given",
           .text = "Coverage report, relative to the checkout: Cobertura XML, lcov, or the JSON of gcovr or coverage.py."},
    Option{.key = "repos.*.coverage.command", .type = Type::text_list, .fallback = "[]",
           .text = "Writes the report, program and arguments; empty: the suite does."},
    Option{.key = "repos.*.coverage.minimum", .type = Type::integer, .fallback = "0", .most = 100,
           .text = "Percent below which nothing is merged, whatever the baseline."},
    Option{.key = "repos.*.coverage.timeout", .type = Type::duration, .fallback = "15m", .least = k_second, .most = k_week,
           .text = "The coverage command is ended after this."},
    Option{.key = "repos.*.security.scanners", .type = Type::free_map, .fallback = "{}",
           .text = "`NAME: {command, sarif, exit_codes: {clean: [0], findings: [1]}, timeout: 15m}`: each must run to its end; without `sarif` its exit code tells."},
    Option{.key = "repos.*.security.threshold", .type = Type::word, .fallback = "high", .words = k_severities,
           .text = "Findings of this severity and above go back to the developer."},
    Option{.key = "repos.*.security.allow", .type = Type::free_map, .fallback = "{}",
           .text = "`RULE: {until: 2027-01-31, reason: WHY, path: FILE}`: findings that may stay until that day."},
    Option{.key = "repos.*.image.revision", .type = Type::text_list, .fallback = "[]",
           .text = "Prints the commit that the image to be deployed was built from, such as its label; empty: there is no image."},
    Option{.key = "repos.*.image.rebuild", .type = Type::text_list, .fallback = "[]",
           .text = "Builds the image anew from `{commit}`, once, in a checkout of it."},
    Option{.key = "repos.*.image.timeout", .type = Type::duration, .fallback = "30m", .least = k_second, .most = k_week,
           .text = "Each of the two is ended after this."},

    Option{.key = "repos.*.monitor.url", .type = Type::text, .otherwise = "`monitor.command` alone tells",
           .text = "Health of the deployed service: a GET that is answered below 400, over http or https; redirects are not followed."},
    Option{.key = "repos.*.monitor.command", .type = Type::text_list, .otherwise = "`monitor.url` alone tells",
           .text = "Health of the deployed service: exit code 0. With a url beside it, both must be healthy. `{commit}`, `{repo}` and `{work_item}` are filled in."},
    Option{.key = "repos.*.monitor.error_rate_command", .type = Type::text_list, .otherwise = "the error rate is not looked at",
           .text = "Prints the error rate of the service in percent: one number."},
    Option{.key = "repos.*.monitor.timeout", .type = Type::duration, .fallback = "10s", .least = k_second, .most = k_hour,
           .text = "A service that does not answer by then is unhealthy."},
    Option{.key = "repos.*.monitor.interval", .type = Type::duration, .fallback = "30s", .least = 100, .most = 24 * k_hour,
           .text = "Between two samples."},
    Option{.key = "repos.*.monitor.baseline", .type = Type::integer, .fallback = "3", .most = 100,
           .text = "Samples between the confirmation and the deploy."},
    Option{.key = "repos.*.monitor.window", .type = Type::duration, .fallback = "15m", .least = k_second, .most = k_week,
           .text = "How long a service is watched after its deploy."},
    Option{.key = "repos.*.monitor.failures", .type = Type::integer, .fallback = "3", .least = 1, .most = 1000,
           .text = "So many bad samples in a row: the service is degraded."},
    Option{.key = "repos.*.monitor.max_latency", .type = Type::duration, .otherwise = "no limit", .least = 1, .most = k_hour,
           .text = "A slower answer is a bad sample."},
    Option{.key = "repos.*.monitor.latency_increase", .type = Type::integer, .otherwise = "no limit", .most = 100'000,
           .text = "Percent above the median of the baseline; a slower answer is a bad sample."},
    Option{.key = "repos.*.monitor.max_error_rate", .type = Type::integer, .otherwise = "no limit", .most = 100,
           .text = "Percent; a higher error rate is a bad sample."},
    Option{.key = "repos.*.monitor.error_rate_increase", .type = Type::integer, .otherwise = "no limit", .most = 100,
           .text = "Percentage points above the median of the baseline; a higher error rate is a bad sample."},
    Option{.key = "repos.*.monitor.rollback.command", .type = Type::text_list, .otherwise = "nothing is rolled back",
           .text = "Run once where the service is degraded, program and arguments; `{commit}`, `{previous_commit}` (what was deployed before and healthy), `{repo}` and `{work_item}` are filled in."},
    Option{.key = "repos.*.monitor.rollback.timeout", .type = Type::duration, .fallback = "15m", .least = k_second, .most = k_week,
           .text = "The rollback command is ended after this; nobody knows then what runs."},

    Option{.key = "isolation.level", .type = Type::word, .fallback = "basic", .words = k_isolation_words, .env = "ORCH_ISOLATION",
           .text = "How far the programs that jobs run are kept from the machine; see docs/isolation.md.",
           .set = [](Config& c, S, V v) { c.isolation.level = parse_isolation_level(of<std::string>(v)).value_or(IsolationLevel::strict); }},
    Option{.key = "isolation.read", .type = Type::path_list, .fallback = "[]",
           .text = "Folders they may read besides the system's: where tools and agents are installed.",
           .set = [](Config& c, S, V v) { c.isolation.read = paths_of(v); }},
    Option{.key = "isolation.write", .type = Type::path_list, .fallback = "[]",
           .text = "Folders they may change besides the job's own: shared caches. Every task can reach every other through them.",
           .set = [](Config& c, S, V v) { c.isolation.write = paths_of(v); }},
    Option{.key = "isolation.limits.processes", .type = Type::integer, .fallback = "4096", .most = 4'194'304,
           .text = "Processes of the service's user, all jobs together; 0: no limit. Not enforced for root.",
           .set = [](Config& c, S, V v) { c.isolation.limits.processes = of<std::int64_t>(v); }},
    Option{.key = "isolation.limits.file_mib", .type = Type::integer, .fallback = "0", .most = std::int64_t{1} << 40,
           .text = "Largest file that one of them can write, in MiB; 0: no limit.",
           .set = [](Config& c, S, V v) { c.isolation.limits.file_bytes = of<std::int64_t>(v) * k_mebibyte; }},
    Option{.key = "isolation.limits.memory_mib", .type = Type::integer, .fallback = "0", .most = std::int64_t{1} << 40,
           .text = "Address space of each process, in MiB; 0: no limit. Node and Java reserve far more than they use.",
           .set = [](Config& c, S, V v) { c.isolation.limits.memory_bytes = of<std::int64_t>(v) * k_mebibyte; }},

    Option{.key = "plugin_dirs", .type = Type::path_list, .otherwise = "the installed plugin folders", .env = "ORCH_PLUGIN_DIRS",
           .text = "Searched in order for TYPE.so; owned by root or the service's user, writable by nobody else.",
           .set = set_plugin_dirs, .derive = default_plugin_dirs},
    Option{.key = "plugins.*.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_*_ENABLED",
           .text = "Kill-switch: off means never asked, the next in the chain is.",
           .set = [](Config& c, S n, V v) { c.plugins[n].enabled = of<bool>(v); }},
    Option{.key = "plugins.*.repos", .type = Type::scope, .fallback = "\"\"", .env = "ORCH_*_REPOS",
           .text = "Repositories it works for, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S n, V v) { c.plugins[n].repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "plugins.*.infra_retry.attempts", .type = Type::integer, .fallback = "3", .most = 100,
           .text = "Attempts deferred for infrastructure before the task is held.",
           .set = [](Config& c, S n, V v) { c.plugins[n].infra_retry.attempts = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "plugins.*.infra_retry.backoff", .type = Type::duration, .fallback = "60s", .most = k_first_backoff_limit,
           .text = "First wait between such attempts; it doubles, up to one hour.",
           .set = [](Config& c, S n, V v) { c.plugins[n].infra_retry.backoff = of<Millis>(v); }},
    Option{.key = "plugins.*.timeout", .type = Type::duration, .otherwise = "the plugin's own", .least = k_second, .most = k_week, .env = "ORCH_*_TIMEOUT_S",
           .text = "Longest time of one attempt.",
           .set = [](Config& c, S n, V v) { c.plugins[n].timeout = of<Millis>(v); }},
    Option{.key = "plugins.*.silent_after", .type = Type::duration, .otherwise = "`ownership.reaper.silent_after`", .most = k_week,
           .text = "How long a worker that runs this plugin may write nothing before it is ended; `0s`: for ever.",
           .set = [](Config& c, S n, V v) { c.plugins[n].silent_after = of<Millis>(v); }},
    Option{.key = "plugins.*.isolation", .type = Type::word, .otherwise = "`isolation.level`; `off` for staging-runner and deploy-finalizer", .words = k_isolation_words,
           .text = "The same for the programs that this plugin runs.",
           .set = [](Config& c, S n, V v) { c.plugins[n].isolation = parse_isolation_level(of<std::string>(v)).value_or(IsolationLevel::strict); },
           .derive = default_isolation},
    Option{.key = "plugins.*.network", .type = Type::boolean, .otherwise = "`true`; under `strict` for llm-spawner alone",
           .text = "`false`: these programs have no network; needs `isolation: strict`.",
           .set = [](Config& c, S n, V v) { c.plugins[n].network = of<bool>(v); }, .derive = default_network},
    Option{.key = "plugins.*.settings", .type = Type::free_map, .fallback = "{}",
           .text = "The plugin's own settings, checked against the schema that it ships.",
           .set = [](Config& c, S n, V v) { c.plugins[n].settings = of<std::string>(v); }},

    // Lies in the plugin's own settings, and has a variable because the switch is older than the plugin.
    Option{.key = "plugins.staging-runner.settings.exec_host_side", .type = Type::boolean, .otherwise = "the plugin's own", .env = "ORCH_STAGING_RUNNER_EXEC_HOST_SIDE",
           .text = "`false`: the staging suite runs on this machine instead of over ssh.",
           .set = [](Config&, S, V) {}},

    Option{.key = "stages.*.producers", .type = Type::chain, .otherwise = "the shipped chain, of those that `plugins` names",
           .text = "Plugins asked in this order; the first to accept makes the artifact. `{ plugin: NAME, shadow: true }`: runs beside and decides nothing.",
           .set = set_producers, .derive = default_producers},
    Option{.key = "stages.testing.triage.plugin", .type = Type::text, .otherwise = "nobody",
           .text = "LLM plugin that says in words why measured tests are red; attached to the task, unable to change `result:`.",
           .set = [](Config& c, S, V v) { c.stages[Stage::testing].triage = of<std::string>(v); }},
    Option{.key = "stages.testing.triage.per_day", .type = Type::integer, .fallback = "20", .most = 100'000,
           .text = "Triages in 24 hours at most, beside the budgets of `llm` and of the tester.",
           .set = [](Config& c, S, V v) { c.stages[Stage::testing].triages_a_day = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "stages.development.max_rollbacks", .type = Type::integer, .fallback = "3", .most = 1000, .env = "ORCH_MAX_ROLLBACKS",
           .text = "Times a task may come back to development before it is held.",
           .set = [](Config& c, S, V v) { c.max_rollbacks = static_cast<int>(of<std::int64_t>(v)); }},

    Option{.key = "roles.*.model", .type = Type::text, .fallback = k_default_model,
           .text = "Model of the role's LLM runs.",
           .set = [](Config& c, S n, V v) { role(c, n).model = of<std::string>(v); }},
    Option{.key = "roles.*.effort", .type = Type::word, .otherwise = "by role, see below", .words = k_efforts,
           .text = "Effort of the role's LLM runs.",
           .set = [](Config& c, S n, V v) { role(c, n).effort = of<std::string>(v); }, .derive = default_effort},
    Option{.key = "roles.*.prompt", .type = Type::path, .otherwise = "the shipped prompt of the role",
           .text = "Prompt for repositories that have none of their own.",
           .set = [](Config& c, S n, V v) { role(c, n).prompt = of<std::string>(v); }, .derive = default_prompt},

    Option{.key = "roles.*.day_budget.runs", .type = Type::integer, .otherwise = "no limit", .least = 1,
           .text = "LLM runs of the role in one day (UTC). A job that would exceed a budget is held, class `llm_budget`.",
           .set = [](Config& c, S n, V v) { role(c, n).day_budget.runs = of<std::int64_t>(v); }},
    Option{.key = "roles.*.day_budget.tokens", .type = Type::integer, .otherwise = "no limit", .least = 1,
           .text = "Tokens of the role in one day, those from and to the cache included.",
           .set = [](Config& c, S n, V v) { role(c, n).day_budget.tokens = of<std::int64_t>(v); }},
    Option{.key = "roles.*.day_budget.cost_usd", .type = Type::usd, .otherwise = "no limit", .least = k_cent,
           .text = "Money of the role in one day; every model that a role uses then needs a price.",
           .set = [](Config& c, S n, V v) { role(c, n).day_budget.cost_micro_usd = of<std::int64_t>(v); }},
    Option{.key = "roles.*.day_budget.wall_time", .type = Type::duration, .otherwise = "no limit", .least = k_second,
           .text = "Time of the role's runs in one day.",
           .set = [](Config& c, S n, V v) { role(c, n).day_budget.wall = of<Millis>(v); }},

    Option{.key = "llm.task_budget.runs", .type = Type::integer, .otherwise = "no limit", .least = 1, .env = "ORCH_LLM_TASK_RUNS",
           .text = "LLM runs of one task, over its whole life.",
           .set = [](Config& c, S, V v) { c.llm.task_budget.runs = of<std::int64_t>(v); }},
    Option{.key = "llm.task_budget.tokens", .type = Type::integer, .otherwise = "no limit", .least = 1, .env = "ORCH_LLM_TASK_TOKENS",
           .text = "Tokens of one task, those from and to the cache included.",
           .set = [](Config& c, S, V v) { c.llm.task_budget.tokens = of<std::int64_t>(v); }},
    Option{.key = "llm.task_budget.cost_usd", .type = Type::usd, .otherwise = "no limit", .least = k_cent, .env = "ORCH_LLM_TASK_COST_USD",
           .text = "Money of one task.",
           .set = [](Config& c, S, V v) { c.llm.task_budget.cost_micro_usd = of<std::int64_t>(v); }},
    Option{.key = "llm.task_budget.wall_time", .type = Type::duration, .otherwise = "no limit", .least = k_second, .env = "ORCH_LLM_TASK_WALL_TIME",
           .text = "Time of one task's LLM runs.",
           .set = [](Config& c, S, V v) { c.llm.task_budget.wall = of<Millis>(v); }},
    Option{.key = "llm.day_budget.runs", .type = Type::integer, .otherwise = "no limit", .least = 1, .env = "ORCH_LLM_DAY_RUNS",
           .text = "LLM runs in one day (UTC), of all tasks.",
           .set = [](Config& c, S, V v) { c.llm.day_budget.runs = of<std::int64_t>(v); }},
    Option{.key = "llm.day_budget.tokens", .type = Type::integer, .otherwise = "no limit", .least = 1, .env = "ORCH_LLM_DAY_TOKENS",
           .text = "Tokens in one day, those from and to the cache included.",
           .set = [](Config& c, S, V v) { c.llm.day_budget.tokens = of<std::int64_t>(v); }},
    Option{.key = "llm.day_budget.cost_usd", .type = Type::usd, .otherwise = "no limit", .least = k_cent, .env = "ORCH_LLM_DAY_COST_USD",
           .text = "Money in one day.",
           .set = [](Config& c, S, V v) { c.llm.day_budget.cost_micro_usd = of<std::int64_t>(v); }},
    Option{.key = "llm.day_budget.wall_time", .type = Type::duration, .otherwise = "no limit", .least = k_second, .env = "ORCH_LLM_DAY_WALL_TIME",
           .text = "Time of all LLM runs in one day.",
           .set = [](Config& c, S, V v) { c.llm.day_budget.wall = of<Millis>(v); }},
    Option{.key = "llm.reserve.tokens", .type = Type::integer, .fallback = "2000000", .least = 1, .env = "ORCH_LLM_RESERVE_TOKENS",
           .text = "Set aside for a run until it has told what it used, and counted for one that never does.",
           .set = [](Config& c, S, V v) { c.llm.reserve_tokens = of<std::int64_t>(v); }},
    Option{.key = "llm.reserve.cost_usd", .type = Type::usd, .fallback = "10", .least = k_cent, .env = "ORCH_LLM_RESERVE_COST_USD",
           .text = "The same, in money.",
           .set = [](Config& c, S, V v) { c.llm.reserve_cost_micro_usd = of<std::int64_t>(v); }},

    Option{.key = "prices.*.input", .type = Type::usd, .otherwise = "must be given with a price",
           .text = "US dollars for a million input tokens of this model; used where a program names no cost, or was killed.",
           .set = [](Config& c, S n, V v) { price(c, n).input = of<std::int64_t>(v); }},
    Option{.key = "prices.*.output", .type = Type::usd, .otherwise = "must be given with a price",
           .text = "The same, for output tokens.",
           .set = [](Config& c, S n, V v) { price(c, n).output = of<std::int64_t>(v); }},
    Option{.key = "prices.*.cache_read", .type = Type::usd, .otherwise = "that of input",
           .text = "The same, for tokens read from the provider's cache.",
           .set = [](Config& c, S n, V v) { price(c, n).cache_read = of<std::int64_t>(v); }},
    Option{.key = "prices.*.cache_write", .type = Type::usd, .otherwise = "that of input",
           .text = "The same, for tokens written to it.",
           .set = [](Config& c, S n, V v) { price(c, n).cache_write = of<std::int64_t>(v); }},

    Option{.key = "gates.analysis_approval.approvers", .type = Type::text_list, .fallback = "[]",
           .text = "Users who may approve an analysis; empty: everyone who reaches the control socket.",
           .set = [](Config& c, S, V v) { c.analysis_approval.approvers = of<std::vector<std::string>>(v); }},
    Option{.key = "gates.deploy_confirmation.approvers", .type = Type::text_list, .fallback = "[]",
           .text = "Users who may confirm a production deploy; empty: everyone who reaches the control socket.",
           .set = [](Config& c, S, V v) { c.deploy_confirmation.approvers = of<std::vector<std::string>>(v); }},
    Option{.key = "gates.max_broken_artifacts", .type = Type::integer, .fallback = "2", .most = 100, .env = "ORCH_MAX_BROKEN_ARTIFACTS",
           .text = "Times a producer may break the artifact's contract before the task is held.",
           .set = [](Config& c, S, V v) { c.max_broken_artifacts = static_cast<int>(of<std::int64_t>(v)); }},

    Option{.key = "gates.serial.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_SERIAL_GATE_ENABLED",
           .text = "Serial gate: one task a repository from deploy-staging to the end of deploy.",
           .set = [](Config& c, S, V v) { c.serial_gate.enabled = of<bool>(v); }},
    Option{.key = "gates.serial.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_SERIAL_GATE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.serial_gate.repos = RepoScope{of<std::vector<std::string>>(v)}; }},

    Option{.key = "gates.merge.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_MERGE_GATE_ENABLED",
           .text = "Merge gate: a staged branch is rebased, tested again and merged before it is deployed.",
           .set = [](Config& c, S, V v) { c.merge_gate.enabled = of<bool>(v); }},
    Option{.key = "gates.merge.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_MERGE_GATE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.merge_gate.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "gates.security.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_SECURITY_GATE_ENABLED",
           .text = "Security gate, where `repos.*.security` names scanners.",
           .set = [](Config& c, S, V v) { c.security_gate.enabled = of<bool>(v); }},
    Option{.key = "gates.security.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_SECURITY_GATE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.security_gate.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "gates.coverage.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_COVERAGE_GATE_ENABLED",
           .text = "Coverage gate, where `repos.*.coverage` names a report: never below the highest that was merged.",
           .set = [](Config& c, S, V v) { c.coverage_gate.enabled = of<bool>(v); }},
    Option{.key = "gates.coverage.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_COVERAGE_GATE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.coverage_gate.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "gates.image.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_IMAGE_GATE_ENABLED",
           .text = "Image freshness, where `repos.*.image` says how to ask: the image carries the merged commit.",
           .set = [](Config& c, S, V v) { c.image_gate.enabled = of<bool>(v); }},
    Option{.key = "gates.image.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_IMAGE_GATE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.image_gate.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "gates.merge.tries", .type = Type::integer, .fallback = "5", .least = 1, .most = 100, .env = "ORCH_MERGE_TRIES",
           .text = "Times a merge starts over because the base branch moved, before the task is held.",
           .set = [](Config& c, S, V v) { c.merge_tries = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "gates.infra_retry.attempts", .type = Type::integer, .fallback = "3", .most = 100, .env = "ORCH_GATE_RETRY_ATTEMPTS",
           .text = "Attempts of a gate deferred for infrastructure before the task is held.",
           .set = [](Config& c, S, V v) { c.gate_retry.attempts = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "gates.infra_retry.backoff", .type = Type::duration, .fallback = "60s", .most = k_first_backoff_limit, .env = "ORCH_GATE_RETRY_BACKOFF",
           .text = "First wait between such attempts; it doubles, up to one hour.",
           .set = [](Config& c, S, V v) { c.gate_retry.backoff = of<Millis>(v); }},

    Option{.key = "gates.post_deploy_monitor.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_POST_DEPLOY_MONITOR_ENABLED",
           .text = "Post-deploy monitor, where `repos.*.monitor` says how a service is asked; off: no sample, no rollback.",
           .set = [](Config& c, S, V v) { c.monitor.enabled = of<bool>(v); }},
    Option{.key = "gates.post_deploy_monitor.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_POST_DEPLOY_MONITOR_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.monitor.repos = RepoScope{of<std::vector<std::string>>(v)}; }},

    Option{.key = "gates.breaker.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_BREAKER_ENABLED",
           .text = "Breaker: a producer that meets one class of faults again and again is paused; a task whose failures repeat is held.",
           .set = [](Config& c, S, V v) { c.breaker.enabled = of<bool>(v); }},
    Option{.key = "gates.breaker.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_BREAKER_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.breaker.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "gates.breaker.faults", .type = Type::integer, .fallback = "5", .most = 1000, .env = "ORCH_BREAKER_FAULTS",
           .text = "Faults of one class (time-out, network, resource, …) within the window that pause a deterministic producer; 0: never.",
           .set = [](Config& c, S, V v) { c.breaker_limits.faults = static_cast<int>(of<std::int64_t>(v)); }},
    Option{.key = "gates.breaker.window", .type = Type::duration, .fallback = "1h", .least = k_second, .most = 24 * k_hour, .env = "ORCH_BREAKER_WINDOW",
           .text = "Faults further back do not count.",
           .set = [](Config& c, S, V v) { c.breaker_limits.window = of<Millis>(v); }},
    Option{.key = "gates.breaker.canary_after", .type = Type::duration, .fallback = "5m", .least = 100, .most = k_hour, .env = "ORCH_BREAKER_CANARY_AFTER",
           .text = "When one job of a paused producer tries again; doubles with every one that faults, up to an hour.",
           .set = [](Config& c, S, V v) { c.breaker_limits.canary_after = of<Millis>(v); }},
    Option{.key = "gates.breaker.repeats", .type = Type::integer, .fallback = "3", .most = 100, .env = "ORCH_BREAKER_REPEATS",
           .text = "Times a task may end the same way in a row, or with the same failing tests, before it is held; 0: never.",
           .set = [](Config& c, S, V v) { c.breaker_repeats = static_cast<int>(of<std::int64_t>(v)); }},

    Option{.key = "ownership.transition_lease.enabled", .type = Type::boolean, .fallback = "true", .env = "ORCH_TRANSITION_LEASE_ENABLED",
           .text = "One owner of a task's side effects at a time; off: the compare-and-swap alone stays.",
           .set = [](Config& c, S, V v) { c.transition_lease.enabled = of<bool>(v); }},
    Option{.key = "ownership.transition_lease.repos", .type = Type::scope, .fallback = "\"*\"", .env = "ORCH_TRANSITION_LEASE_REPOS",
           .text = "Repositories it guards, CSV or list; empty: the self-hosting one; `*`: all.",
           .set = [](Config& c, S, V v) { c.transition_lease.repos = RepoScope{of<std::vector<std::string>>(v)}; }},
    Option{.key = "ownership.reaper.every", .type = Type::duration, .fallback = "30s", .least = 5 * k_second, .most = k_hour, .env = "ORCH_REAPER_EVERY",
           .text = "How often running workers are looked at for signs of life.",
           .set = [](Config& c, S, V v) { c.reaper_every = of<Millis>(v); }},
    Option{.key = "ownership.reaper.silent_after", .type = Type::duration, .fallback = "1h", .most = k_week, .env = "ORCH_REAPER_SILENT_AFTER",
           .text = "How long a worker may write nothing, neither log nor progress, before it is ended; `0s`: for ever.",
           .set = [](Config& c, S, V v) { c.silent_after = of<Millis>(v); }},
    Option{.key = "ownership.reaper.max_running", .type = Type::duration, .fallback = "2h30m", .least = k_second, .most = k_week, .env = "ORCH_REAPER_MAX_RUNNING_S",
           .text = "Hard ceiling of every job; above every other time limit plus `daemon.kill_grace`.",
           .set = [](Config& c, S, V v) { c.max_running = of<Millis>(v); }},
    Option{.key = "ownership.reconciler.every", .type = Type::duration, .fallback = "1m", .least = 5 * k_second, .most = 24 * k_hour, .env = "ORCH_RECONCILER_EVERY",
           .text = "How often tasks are compared with their jobs, leases, pull requests and branches.",
           .set = [](Config& c, S, V v) { c.reconciler_every = of<Millis>(v); }},
    // clang-format on
};

}  // namespace

std::span<const Option> options() {
  return k_options;
}

}  // namespace orc::config
