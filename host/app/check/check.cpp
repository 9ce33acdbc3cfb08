// SPDX-License-Identifier: Apache-2.0
#include "app/check/check.h"

#include <memory>

#include "app/failure.h"

namespace orc::app {

namespace {

constexpr store::RowCheck k_chain{"EV", "events_form_a_chain"};

Status check_chain(const std::filesystem::path& database, std::vector<store::Violation>& found) {
  ORC_TRY(const auto audit, store::open_sqlite_audit(database, k_busy_timeout));
  ORC_TRY(const store::ChainReport report, audit->verify_events({}));
  if (!report.broken) return Done{};
  found.push_back({k_chain.invariant, k_chain.name,
                   "events " + std::to_string(report.broken->event.value), report.broken->problem,
                   "compare the audit trail with a backup: somebody wrote to it"});
  return Done{};
}

}  // namespace

Result<CheckReport> check_place(const AuditPlace& place) {
  ORC_TRY(const auto audit, store::open_sqlite_row_audit(place.database, k_busy_timeout));
  CheckReport report{.host = {}, .checks = store::row_checks(), .violations = {}};
  ORC_TRY(const std::optional<ProcessIdentity> last, audit->last_host());
  if (last && is_alive(*last)) report.host = last->pid;
  ORC_TRY(report.violations, audit->check_rows(report.host.has_value()));
  report.checks.push_back(k_chain);
  ORC_CHECK_OK(check_chain(place.database, report.violations));
  Looking looking{*audit, place.state, report.host.has_value(), report.violations};
  for (const OutsideCheck& check : outside_checks()) {
    report.checks.push_back(check.row);
    ORC_CHECK_OK(check.look(looking, check.row));
  }
  return report;
}

}  // namespace orc::app
