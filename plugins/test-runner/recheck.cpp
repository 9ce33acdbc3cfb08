// SPDX-License-Identifier: Apache-2.0
#include "recheck.h"

#include <system_error>

#include "report_text.h"
#include "run_suite.h"

namespace test_runner {

namespace {

namespace fs = std::filesystem;
using orchestrator::plugin::Host;
using orchestrator::plugin::Request;

constexpr const char* k_with_base = "with the base's versions of them ";

std::string failing(const TestReport& report) {
  const std::int64_t red = report.failed + report.errors;
  std::string text = std::to_string(red) + (red == 1 ? " test fails" : " tests fail");
  if (report.failing.empty()) return text;
  return text + ", first " + report_text::inline_code(report.failing.front().name, 120);
}

std::string listed(const std::vector<std::string>& files) {
  constexpr std::size_t k_named = 5;
  std::string text;
  for (std::size_t i = 0; i < files.size() && i < k_named; ++i)
    text += (i == 0 ? "" : ", ") + report_text::inline_code(files[i], 120);
  return files.size() > k_named ? text + ", …" : text;
}

std::variant<Agrees, Doubt, Ending> run_with_base(const Request& request,
                                                  const Surface& configuration,
                                                  const fs::path& checkout,
                                                  const std::string& scratch, Host& host) {
  const fs::path copy = fs::path(scratch) / "checkout";
  std::error_code error;
  fs::create_directories(copy.parent_path(), error);
  fs::copy(checkout, copy, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) {
    return Transient{orchestrator::plugin::Why::resource,
                     "the checkout cannot be copied: " + error.message()};
  }
  const std::string base = host.base_checkout();
  if (base.empty()) return Doubt{"the base's versions of them cannot be put back"};
  if (auto problem = restore_base(configuration, base, copy)) return Doubt{*std::move(problem)};
  auto found = find_suite(request.contract(), copy);
  if (std::holds_alternative<NoSuite>(found))
    return Doubt{std::string(k_with_base) + "there is no suite"};

  host.progress("running the tests with the base's configuration");
  const SuiteRun run = run_suite(std::get<Suite>(std::move(found)), copy, scratch, host);
  if (std::holds_alternative<Transient>(run.ending)) return run.ending;
  const auto* const ran = std::get_if<SuiteRan>(&run.ending);
  const auto* const report = std::get_if<TestReport>(&run.evidence);
  if (ran == nullptr || report == nullptr)
    return Doubt{std::string(k_with_base) + "the suite comes to no end that can be read"};
  if (report->is_red()) return Doubt{k_with_base + failing(*report)};
  if (ran->colour == Colour::red)
    return Doubt{std::string(k_with_base) + "the suite ends with a failing code"};
  return Agrees{report->executed()};
}

}  // namespace

Opinion recheck(const Request& request, const Surface& surface, const fs::path& checkout,
                const std::string& scratch, Host& host) {
  if (request.base_commit().empty()) return NotNeeded{};
  if (!surface.known) return Doubt{"whether this branch changes its tests is not known"};
  const Surface configuration = runner_configuration(surface);
  if (configuration.files.empty()) return NotNeeded{};
  const std::string changes =
      "this branch changes what runs its tests (" + listed(configuration.files) + ')';
  if (!request.approved_by().empty()) return Doubt{changes};
  auto opinion = run_with_base(request, configuration, checkout, scratch, host);
  if (auto* const ending = std::get_if<Ending>(&opinion)) return std::move(*ending);
  if (const auto* const agrees = std::get_if<Agrees>(&opinion)) return *agrees;
  return Doubt{changes + ", and " + std::get<Doubt>(opinion).text};
}

}  // namespace test_runner
