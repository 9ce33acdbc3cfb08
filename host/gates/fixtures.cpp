// SPDX-License-Identifier: Apache-2.0
#include "gates/fixtures.h"

#include <array>

#include "gates/coverage.h"
#include "gates/image.h"
#include "gates/landing.h"
#include "gates/security.h"

namespace orc::gates {

namespace {

using enum GateResult;

// --- merge ---------------------------------------------------------------------------------------

Judgement retest(VerdictMeaning meaning) {
  const VerdictToken token{"", meaning};
  return judge_retest(&token, "re-test");
}

const MergeCandidate k_candidate{.base_commit = "base",
                            .branch_commit = "before",
                            .commit = "tested",
                            .tree = "tree",
                            .content_id = "content"};

Judgement landing(const LandingFacts& facts) {
  const LandingDecision decision = decide_landing(k_candidate, facts);
  switch (decision.landing) {
    case Landing::free:
    case Landing::landed:
      return {passed, decision.text};
    case Landing::base_moved:
      return {not_run, decision.text, ReasonCode::busy};
    case Landing::blocked:
      return {blocked, decision.text};
  }
  return {blocked, decision.text};
}

// --- coverage ------------------------------------------------------------------------------------

constexpr std::string_view k_cobertura =
    "<?xml version=\"1.0\"?><coverage line-rate=\"0.8\" lines-covered=\"80\" lines-valid=\"100\">"
    "<packages/></coverage>";

Judgement coverage(std::optional<std::string_view> report, std::optional<double> baseline) {
  return judge_coverage({.report = report, .path = "report", .baseline = baseline}).judgement;
}

// --- security ------------------------------------------------------------------------------------

constexpr std::string_view k_clean =
    R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[]}]})";
constexpr std::string_view k_finding =
    R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[)"
    R"({"ruleId":"R1","level":"error","message":{"text":"m"}}]}]})";

Judgement scan(int exit_code, std::optional<std::string_view> sarif, std::string_view until = "") {
  const Scanner scanner{.name = "scanner", .command = {"scan"}, .sarif = "out.sarif"};
  std::vector<Exception> allowed;
  if (!until.empty()) allowed.push_back({"R1", "", std::string(until), "why"});
  return judge_scan({.scanner = scanner,
                     .exit_code = exit_code,
                     .sarif = sarif,
                     .allowed = allowed,
                     .today = "2026-06-15"});
}

// --- image ---------------------------------------------------------------------------------------

constexpr std::string_view k_commit = "40d21b28cb74b9e02540e59a41851aaed78b802a";

constexpr EdgeGate k_merge = EdgeGate::merge;
constexpr EdgeGate k_coverage = EdgeGate::coverage;
constexpr EdgeGate k_security = EdgeGate::security;
constexpr EdgeGate k_image = EdgeGate::image;

const std::array k_fixtures{
    GateFixture{k_merge, "a green re-test", passed, [] { return retest(VerdictMeaning::pass); }},
    GateFixture{k_merge, "a red re-test", failed, [] { return retest(VerdictMeaning::fail); }},
    GateFixture{k_merge, "a blocked re-test", blocked,
                [] { return retest(VerdictMeaning::blocked); }},
    GateFixture{k_merge, "a base that did not move", passed,
                [] { return landing({.base = "base", .branch = "before", .tree = "tree"}); }},
    GateFixture{k_merge, "landed before the answer was lost", passed,
                [] { return landing({.base = "tested", .base_holds_it = true, .tree = "tree"}); }},
    GateFixture{k_merge, "a base that moved", not_run,
                [] { return landing({.base = "other", .branch = "before", .tree = "tree"}); }},
    GateFixture{k_merge, "another tree than the tested one", blocked,
                [] { return landing({.base = "base", .branch = "before", .tree = "other"}); }},
    GateFixture{k_merge, "a branch that somebody pushed to", blocked,
                [] { return landing({.base = "base", .branch = "foreign", .tree = "tree"}); }},
    GateFixture{k_merge, "no base branch", blocked, [] { return landing({.tree = "tree"}); }},

    GateFixture{k_security, "a clean report", passed, [] { return scan(0, k_clean); }},
    GateFixture{k_security, "a finding", failed, [] { return scan(1, k_finding); }},
    GateFixture{k_security, "a finding behind exit code 0", failed,
                [] { return scan(0, k_finding); }},
    GateFixture{k_security, "a finding with an exception", passed,
                [] { return scan(1, k_finding, "2026-06-15"); }},
    GateFixture{k_security, "an exception that expired", failed,
                [] { return scan(1, k_finding, "2026-06-14"); }},
    GateFixture{k_security, "a missing report", not_run, [] { return scan(0, std::nullopt); }},
    GateFixture{k_security, "an empty report", not_run, [] { return scan(0, ""); }},
    GateFixture{k_security, "a report that was cut off", not_run,
                [] { return scan(1, k_finding.substr(0, 90)); }},
    GateFixture{k_security, "an exit code that means nothing", not_run,
                [] { return scan(2, k_clean); }},
    GateFixture{k_security, "findings that no report names", not_run,
                [] { return scan(1, k_clean); }},

    GateFixture{k_coverage, "a number on the baseline", passed,
                [] { return coverage(k_cobertura, 80.0); }},
    GateFixture{k_coverage, "a number below the baseline", failed,
                [] { return coverage(k_cobertura, 80.1); }},
    GateFixture{k_coverage, "a missing report", blocked,
                [] { return coverage(std::nullopt, std::nullopt); }},
    GateFixture{k_coverage, "an empty report", blocked, [] { return coverage("", std::nullopt); }},
    GateFixture{k_coverage, "a report that was cut off", blocked,
                [] { return coverage(k_cobertura.substr(0, k_cobertura.size() - 6), std::nullopt); }},
    GateFixture{k_coverage, "a number that is none", blocked,
                [] { return coverage("<coverage line-rate=\"NaN\"/>", std::nullopt); }},
    GateFixture{k_coverage, "no line to cover", blocked,
                [] { return coverage("TN:\nSF:a\nLF:0\nLH:0\nend_of_record\n", std::nullopt); }},

    GateFixture{k_image, "the merged commit", passed,
                [] { return judge_image(std::string(k_commit) + "\n", k_commit); }},
    GateFixture{k_image, "another commit", blocked,
                [] { return judge_image("0000000000000000000000000000000000000000", k_commit); }},
    GateFixture{k_image, "a part of the merged commit", blocked,
                [] { return judge_image(k_commit.substr(0, 12), k_commit); }},
    GateFixture{k_image, "no answer", blocked, [] { return judge_image("", k_commit); }},
};

}  // namespace

std::span<const GateFixture> fixtures() {
  return k_fixtures;
}

}  // namespace orc::gates
