// SPDX-License-Identifier: Apache-2.0
// Every gate, held to what it must say about evidence that is sound, red, missing, cut off, stale
// and touched. Pure.
#include <algorithm>
#include <array>

#include "app/selftest/selftest.h"
#include "domain/edge.h"
#include "gates/fixtures.h"

namespace orc::app {

namespace {

constexpr const char* k_work_item = "SELFTEST-1";
constexpr const char* k_content = "content";

// What a producer would have left behind that did everything the rule asks for.
std::vector<Evidence> sound(const StageRule& rule, std::string_view token) {
  std::vector<Evidence> all;
  for (const ArtifactRule& owed : rule.artifacts) {
    if (owed.presence != Presence::required) continue;
    Evidence artifact{.name = std::string(owed.file),
                      .recorded_sha256 = "sha",
                      .actual_sha256 = "sha",
                      .attempt = 2,
                      .content_id = k_content};
    if (const auto star = artifact.name.find('*'); star != std::string::npos)
      artifact.name.replace(star, 1, "001");
    artifact.fields = {{"work_item", k_work_item, 2},
                       {"stage", std::string(to_string(rule.stage)), 3}};
    if (!rule.verdict_key.empty())
      artifact.fields.push_back({std::string(rule.verdict_key), std::string(token), 4});
    all.push_back(std::move(artifact));
  }
  return all;
}

std::string_view token_for(const StageRule& rule, VerdictMeaning meaning) {
  for (const VerdictToken& token : rule.tokens) {
    if (token.meaning == meaning) return token.token;
  }
  return "";
}

// One thing wrong with the first artifact of sound evidence.
struct Fault {
  const char* name;
  void (*spoil)(std::vector<Evidence>& evidence);
};
constexpr std::array k_faults{
    Fault{"missing", [](std::vector<Evidence>& all) { all.erase(all.begin()); }},
    Fault{"empty", [](std::vector<Evidence>& all) { all.front().empty = true; }},
    Fault{"truncated", [](std::vector<Evidence>& all) { all.front().unreadable = "cut off"; }},
    Fault{"of an earlier attempt", [](std::vector<Evidence>& all) { all.front().attempt = 1; }},
    Fault{"of other content", [](std::vector<Evidence>& all) { all.front().content_id = "old"; }},
    Fault{"touched", [](std::vector<Evidence>& all) { all.front().actual_sha256 = "other"; }},
};

// Frontmatter alone can be cut off or name a verdict.
bool applies(const Fault& fault, const Evidence& first) {
  return std::string_view(fault.name) != "truncated" || first.name.ends_with(".md");
}

class Trial {
 public:
  Trial(const StageRule& rule, Evaluate evaluate) : rule_(rule), evaluate_(evaluate) {
    row_.subject = rule.gate;
    row_.passed = true;
  }

  void expect(const char* name, std::string_view wanted, const std::vector<Evidence>& evidence,
              CiState ci = CiState::not_configured, bool brought_commits = true) {
    ++row_.cases;
    const GateDecision decision = evaluate_({.rule = rule_,
                                             .work_item = k_work_item,
                                             .attempt = 2,
                                             .content_id = k_content,
                                             .evidence = evidence,
                                             .brought_commits = brought_commits,
                                             .ci = ci,
                                             .ci_text = "of the self-test"});
    if (name_of(decision) == wanted || !row_.passed) return;
    row_.passed = false;
    row_.text = std::string("the case \"") + name + "\" says " + std::string(name_of(decision)) +
                " (" + text_of(decision) + ") instead of " + std::string(wanted);
  }

  engine::SelftestRow run() {
    if (rule_.artifacts.empty()) {
      run_ci();
    } else {
      run_artifacts();
    }
    return std::move(row_);
  }

 private:
  void run_ci() {
    expect("green", "pass", {}, CiState::green);
    expect("red", "fail", {}, CiState::red);
    expect("pending", "wait", {}, CiState::pending);
    expect("without CI", "hold", {}, CiState::not_configured);
    expect("without a change", "broken", {}, CiState::green, false);
  }

  void run_artifacts() {
    const std::string_view green = token_for(rule_, VerdictMeaning::pass);
    expect("green", "pass", sound(rule_, green));
    for (const Fault& fault : k_faults) {
      std::vector<Evidence> evidence = sound(rule_, green);
      if (!applies(fault, evidence.front())) continue;
      fault.spoil(evidence);
      expect(fault.name, "broken", evidence);
    }
    if (rule_.verdict_key.empty()) return;
    expect("red", "fail", sound(rule_, token_for(rule_, VerdictMeaning::fail)));
    if (const auto blocked = token_for(rule_, VerdictMeaning::blocked); !blocked.empty())
      expect("blocked", "hold", sound(rule_, blocked));
    for (const char* const word : {"", "pass", "PASSED", "true"})
      expect("of an unknown verdict", "broken", sound(rule_, word));
    std::vector<Evidence> without = sound(rule_, green);
    without.front().fields.pop_back();
    expect("without a verdict", "broken", without);
  }

  const StageRule& rule_;
  const Evaluate evaluate_;
  engine::SelftestRow row_;
};

engine::SelftestRow& row_of(std::vector<engine::SelftestRow>& rows, const std::string& gate) {
  const auto known = std::find_if(rows.begin(), rows.end(), [&](const engine::SelftestRow& row) {
    return row.subject == gate;
  });
  return known != rows.end() ? *known : rows.emplace_back(engine::SelftestRow{.subject = gate, .passed = true});
}

void try_fixture(const gates::GateFixture& fixture, engine::SelftestRow& row) {
  ++row.cases;
  const gates::Judgement judgement = fixture.judge();
  if (judgement.result == fixture.expected || !row.passed) return;
  row.passed = false;
  row.text = "the case \"" + std::string(fixture.name) + "\" says " +
             std::string(to_string(judgement.result)) + " (" + judgement.text + ") instead of " +
             std::string(to_string(fixture.expected));
}

}  // namespace

std::vector<engine::SelftestRow> try_gates(Evaluate evaluate) {
  std::vector<engine::SelftestRow> rows;
  for (const StageRule& rule : STAGE_TRANSITIONS) rows.push_back(Trial(rule, evaluate).run());
  for (const gates::GateFixture& fixture : gates::fixtures())
    try_fixture(fixture, row_of(rows, gate_name(fixture.gate)));
  return rows;
}

}  // namespace orc::app
