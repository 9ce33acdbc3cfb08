// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "store/sqlite/reading.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

std::string to_column(const std::vector<WallTime>& times) {
  std::string text;
  for (const WallTime time : times) text += (text.empty() ? "" : ",") + std::to_string(time.ms);
  return text;
}

Result<std::vector<WallTime>> from_column(const std::string& text) {
  std::vector<WallTime> times;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    WallTime time;
    const auto [next, error] = std::from_chars(at, end, time.ms);
    if (error != std::errc() || (next != end && *next != ','))
      return Error{ErrorKind::malformed, "breakers, faults: \"" + text + "\" is no list of times"};
    times.push_back(time);
    at = next == end ? next : next + 1;
  }
  return times;
}

Result<Breaker> breaker_row(const Statement& row) {
  const auto reason = parse_reason_code(row.text(1));
  if (!reason) {
    return Error{ErrorKind::malformed,
                 "breakers, reason: unknown word \"" + row.text(1) + "\" of " + row.text(0)};
  }
  ORC_TRY(std::vector<WallTime> faults, from_column(row.text(2)));
  return Breaker{.producer = row.text(0),
                 .reason = *reason,
                 .faults = std::move(faults),
                 .open = row.integer(3) != 0,
                 .since = row.time(4),
                 .next_try = row.time(5),
                 .wait = Millis{row.integer(6)}};
}

}  // namespace

Result<std::vector<Breaker>> Reading::breakers() {
  ORC_TRY(Statement s, db.use("SELECT producer,reason,faults,open,since,next_try,wait"
                              " FROM breakers ORDER BY producer,reason"));
  return read_all<Breaker>(s, breaker_row);
}

Status SqliteStore::put_breaker(const Breaker& b) {
  return record("INSERT OR REPLACE INTO breakers VALUES(?1,?2,?3,?4,?5,?6,?7)", b.producer,
                to_string(b.reason), to_column(b.faults), b.open, b.since, b.next_try,
                b.wait.count());
}

}  // namespace orc::store
