// SPDX-License-Identifier: Apache-2.0
#include "test_runner.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "floor.h"
#include "preflight.h"
#include "recheck.h"
#include "report.h"
#include "report_text.h"
#include "run_suite.h"

namespace test_runner {

namespace {

using report_text::one_line;
using report_text::tail;

namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace orchestrator::plugin;

constexpr std::size_t k_max_kept_report = 1024 * 1024;

// The host's checkout of exactly the tested commit; without a repository the task's own folder.
fs::path checkout_of(const Request& request) {
  return request.verification().empty() ? request.worktree() : request.verification();
}

// Neither a pass nor a fail: what the host is told instead. The log's end says why.
Outcome without_verdict(const Ending& ending, Host& host, const ProcessResult& result) {
  if (!result.out.empty() || !result.err.empty()) {
    const std::string log = tail(result.out, 20, 4000) + '\n' + tail(result.err, 20, 4000);
    host.log(Level::info, "end of the output:\n" + log);
  }
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending))
    return Hold{defect->why, defect->text};
  if (const auto* transient = std::get_if<Transient>(&ending))
    return Defer{transient->why, transient->text, Milliseconds{0}, {}};
  if (const auto* unknown = std::get_if<Unknown>(&ending)) return Hold{Why::unknown, unknown->text};
  return Hold{Why::unknown, "the suite ran, but there is no report to show"};
}

std::string text_of(const Ending& ending) {
  if (const auto* defect = std::get_if<EnvironmentDefect>(&ending)) return defect->text;
  if (const auto* transient = std::get_if<Transient>(&ending)) return transient->text;
  const auto* const unknown = std::get_if<Unknown>(&ending);
  return unknown == nullptr ? "" : unknown->text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// A program given by a relative path comes with the checkout.
bool lies_in_checkout(const Suite& suite) {
  const std::string& program = suite.command.front();
  return program.front() != '/' && program.find('/') != std::string::npos;
}

// What would be run for a repository, and whether its runner is there.
void look_at(const Request& request, std::size_t index, Host& host) {
  auto found = find_suite(request.contract(), request.verification());
  if (const auto* none = std::get_if<NoSuite>(&found)) {
    const bool is_known = !request.verification().empty();
    if (is_known) host.found(index, true, "declined: " + none->reason);
    return;
  }
  Suite& suite = std::get<Suite>(found);
  const std::string scratch(request.scratch());
  const std::string command = std::string(name_of(suite.runner)) + ", " + suite.source + ": `" +
                              one_line(joined(suite.command), 160) + "`, read from " +
                              std::string(name_of(suite.report));
  const auto settled = settle(suite, scratch, scratch);
  if (std::holds_alternative<std::string>(settled)) return;
  if (lies_in_checkout(suite)) {
    host.found(index, true, command + "; looked for when it runs");
    return;
  }
  const auto runner = find_runner(suite, std::get<Process>(settled), scratch, host);
  const auto* const ready = std::get_if<RunnerFound>(&runner);
  if (ready == nullptr) return host.found(index, false, text_of(std::get<Ending>(runner)));
  host.found(index, true, command + (ready->version.empty() ? "" : " (" + ready->version + ")"));
}

Outcome verdict(const Findings& findings) {
  return Verdict{token_of(findings.judgement.result), summary(findings), report_body(findings)};
}

// What stops a green run short of a pass, unless a human approved exactly this content.
class Doubts {
 public:
  explicit Doubts(const Request& request) : approver_(request.approved_by()) {}

  // True: it stops.
  bool raise(Judgement& judgement, const std::string& doubt) const {
    if (approver_.empty()) {
      judgement.result = Result::blocked;
      judgement.notes.push_back(doubt +
                                ". Releasing this hold approves it for exactly this content.");
      return true;
    }
    judgement.notes.push_back(doubt + "; approved for this content by " + one_line(approver_, 80) +
                              '.');
    return false;
  }

 private:
  std::string approver_;
};

std::optional<std::string> fewer_tests(std::int64_t executed, const Floor& floor) {
  if (!floor.executed || executed >= *floor.executed) return std::nullopt;
  return "only " + std::to_string(executed) + " tests were executed, " + floor.source;
}

}  // namespace

std::optional<std::string> TestRunner::configure(std::string_view settings_json) {
  const auto settings = Json::parse(settings_json, nullptr, false);
  if (!settings.is_object()) return "the settings are no object";
  settings_ = {};
  const auto min_tests = settings.value("min_tests", Json(1));
  if (!min_tests.is_number_integer() || min_tests < 1) return "min_tests: must be at least 1";
  settings_.min_tests = min_tests.get<std::int64_t>();
  const std::string floor = settings.value("floor", "base");
  if (floor != "base" && floor != "none") return "floor: wants base or none";
  settings_.compares_with_base = floor == "base";
  const auto surface = parse_surface_policy(settings.value("test_surface", "verify"));
  if (!surface) return "test_surface: wants verify, list, base or approve";
  settings_.surface = *surface;
  if (!settings.contains("smoke")) return std::nullopt;
  settings_.smoke.url = settings.at("smoke").value("url", "");
  const auto timeout =
      report_text::parse_duration(settings.at("smoke").value("timeout", std::string("10s")));
  if (!timeout || timeout->count() == 0) return "smoke.timeout: no duration such as 10s";
  settings_.smoke.timeout = *timeout;
  while (!settings_.smoke.url.empty() && settings_.smoke.url.back() == '/')
    settings_.smoke.url.pop_back();
  return std::nullopt;
}

std::optional<std::string> TestRunner::preflight(Host& host) {
  const std::vector<Request> repositories = host.repositories();
  for (std::size_t i = 0; i < repositories.size(); ++i) look_at(repositories[i], i, host);
  return std::nullopt;
}

Answer TestRunner::accepts(const Request& request) {
  if (request.stage() != "testing") return Decline{Why::out_of_scope, "not the testing stage"};
  const auto suite = find_suite(request.contract(), checkout_of(request));
  if (const auto* none = std::get_if<NoSuite>(&suite))
    return Decline{Why::no_contract, none->reason};
  return Accept{};
}

// Each step answers with what ends the attempt, or with nothing.
struct TestRunner::Trial {
  using End = std::optional<Outcome>;

  const Settings& settings;
  const Request& request;
  Host& host;
  const fs::path checkout = checkout_of(request);
  const std::string scratch{request.scratch()};
  const Doubts doubts{request};
  const Surface surface = changed_surface(request, host);
  Judgement judgement = {};
  Opinion opinion = NotNeeded{};
  Findings findings{request, judgement, surface, settings.surface, nullptr, std::nullopt, {}};

  bool has_base() const { return !request.base_commit().empty(); }

  End apply_policy() {
    const bool is_changed = has_base() && (!surface.known || !surface.files.empty());
    switch (settings.surface) {
      case SurfacePolicy::list:
        return std::nullopt;
      case SurfacePolicy::verify:
        opinion = recheck(request, surface, checkout, scratch + "/recheck", host);
        if (const auto* ending = std::get_if<Ending>(&opinion))
          return without_verdict(*ending, host, ProcessResult{});
        return std::nullopt;
      case SurfacePolicy::approve: {
        const char* const doubt = surface.known
                                      ? "this branch changes what decides its tests"
                                      : "whether this branch changes its tests is not known";
        if (is_changed && doubts.raise(judgement, doubt)) return verdict(findings);
        return std::nullopt;
      }
      case SurfacePolicy::base: {
        if (!is_changed) return std::nullopt;
        const std::string base = host.base_checkout();
        if (!surface.known || base.empty())
          return Hold{Why::unknown, "the base's versions of the tests cannot be put back"};
        if (auto problem = restore_base(surface, base, checkout))
          return Hold{Why::unknown, *problem};
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // Of a green run, whose report this is.
  End compare(const TestReport& report) {
    const auto* const doubt = std::get_if<Doubt>(&opinion);
    if (doubt != nullptr && doubts.raise(judgement, doubt->text)) return verdict(findings);
    if (!settings.compares_with_base || !has_base()) return std::nullopt;
    auto floor = find_floor(request, scratch + "/base", host);
    if (const auto* ending = std::get_if<Ending>(&floor))
      return without_verdict(*ending, host, ProcessResult{});
    findings.floor = std::get<Floor>(std::move(floor));
    const auto* const agrees = std::get_if<Agrees>(&opinion);
    const std::int64_t executed =
        agrees == nullptr ? report.executed() : std::min(report.executed(), agrees->executed);
    const auto fewer = fewer_tests(executed, *findings.floor);
    if (fewer && doubts.raise(judgement, *fewer)) return verdict(findings);
    return std::nullopt;
  }

  End smoke() {
    if (settings.smoke.url.empty()) return std::nullopt;
    auto answers = look_at_instance(settings.smoke, host);
    if (const auto* ending = std::get_if<Ending>(&answers))
      return without_verdict(*ending, host, ProcessResult{});
    findings.smoke = std::get<std::vector<SmokeAnswer>>(std::move(answers));
    for (const SmokeAnswer& answer : findings.smoke) {
      if (answer.good) continue;
      judgement.result = Result::fail;
      judgement.notes.push_back("the running instance answered " + answer.path +
                                " wrongly: " + one_line(answer.text, 120) + '.');
    }
    return std::nullopt;
  }
};

Outcome TestRunner::produce(const Request& request, Host& host) {
  Trial trial{settings_, request, host};
  if (auto end = trial.apply_policy()) return *std::move(end);
  auto found = find_suite(request.contract(), trial.checkout);
  if (const auto* none = std::get_if<NoSuite>(&found)) return Hold{Why::config, none->reason};
  std::get<Suite>(found).min_tests =
      std::max(std::get<Suite>(found).min_tests, settings_.min_tests);
  const SuiteRun run =
      run_suite(std::get<Suite>(std::move(found)), trial.checkout, trial.scratch, host);
  trial.findings.run = &run;
  const auto* const ran = std::get_if<SuiteRan>(&run.ending);
  const auto* const report = std::get_if<TestReport>(&run.evidence);
  if (ran == nullptr || report == nullptr) return without_verdict(run.ending, host, run.result);
  if (!run.junit_bytes.empty() && run.junit_bytes.size() <= k_max_kept_report)
    host.write_aux("13-test-report.junit.xml", run.junit_bytes);
  if (!ran->remark.empty()) trial.judgement.notes.push_back(ran->remark + '.');
  trial.judgement.result = ran->colour == Colour::green ? Result::pass : Result::fail;
  if (trial.judgement.result == Result::fail) return verdict(trial.findings);
  if (auto end = trial.compare(*report)) return *std::move(end);
  if (auto end = trial.smoke()) return *std::move(end);
  return verdict(trial.findings);
}

}  // namespace test_runner
