// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/event_chain.h"

#include <algorithm>

namespace orc::store {

namespace {

constexpr int k_hash_column = 7;

Event event_of(const Statement& row) {
  return {.id = EventId{row.integer(0)},
          .task = TaskId{row.integer(1)},
          .kind = row.text(2),
          .actor = row.text(3),
          .text = row.text(4),
          .data = row.text(5),
          .at = row.time(6)};
}

// Nothing for an event from before the chain.
std::optional<Sha256> hash_of(const Statement& row, int column) {
  Sha256 hash{};
  const std::string bytes = row.blob(column);
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// Follows the chain row by row.
class Walk {
 public:
  // `before`: nothing while the first row is to be believed.
  explicit Walk(std::optional<Sha256> head) : head_(head) {}

  std::optional<ChainBreak> take(const Statement& row) {
    const Event event = event_of(row);
    const std::optional<Sha256> hash = hash_of(row, k_hash_column);
    const bool is_next = report.last.value == 0 || event.id.value == report.last.value + 1;
    const EventId previous = report.last;
    report.last = event.id;
    if (!is_next) {
      return ChainBreak{event.id, "the event before it is " + std::to_string(previous.value) +
                                      "; what stood between them is gone"};
    }
    if (!hash && report.chained > 0)
      return ChainBreak{event.id, "it has no hash, but the ones before it have"};
    if (!hash) {
      ++report.before;
      return std::nullopt;
    }
    ++report.chained;
    if (head_ && chain_hash(*head_, event) != *hash) {
      return ChainBreak{event.id,
                        "its hash does not follow from its fields and the event before it"};
    }
    head_ = hash;
    return std::nullopt;
  }
  Sha256 head() const { return head_.value_or(chain_genesis()); }

  ChainReport report;

 private:
  std::optional<Sha256> head_;
};

std::optional<ChainBreak> compare(const Walk& walk, const std::optional<ChainAnchor>& anchor) {
  if (!anchor || walk.report.last != anchor->event || to_hex(walk.head()) == anchor->hash)
    return std::nullopt;
  return ChainBreak{anchor->event,
                    "its hash is " + to_hex(walk.head()) + ", not the one that was noted down"};
}

}  // namespace

Result<ChainEnd> read_chain_end(Database& db) {
  ORC_TRY(Statement newest, db.use("SELECT id,hash FROM events ORDER BY id DESC LIMIT 1"));
  ORC_TRY(const bool found, newest.step());
  ChainEnd end;
  if (!found) return end;
  end.last = EventId{newest.integer(0)};
  end.head = hash_of(newest, 1).value_or(chain_genesis());
  return end;
}

Result<ChainReport> verify_events(Database& db, const std::optional<ChainAnchor>& anchor) {
  ORC_TRY(Statement rows,
          db.use("SELECT id,task_id,kind,actor,text,data,at,hash FROM events ORDER BY id"));
  Walk walk(chain_genesis());
  bool anchored = false;
  while (!walk.report.broken) {
    ORC_TRY(const bool more, rows.step());
    if (!more) break;
    walk.report.broken = walk.take(rows);
    if (!walk.report.broken) walk.report.broken = compare(walk, anchor);
    anchored = anchored || (anchor && walk.report.last == anchor->event);
  }
  if (!walk.report.broken && anchor && !anchored) {
    walk.report.broken = ChainBreak{anchor->event, "it is not there; the newest event is " +
                                                       std::to_string(walk.report.last.value)};
  }
  walk.report.head = to_hex(walk.head());
  return walk.report;
}

Result<std::optional<ChainBreak>> verify_last_events(Database& db, int count) {
  ORC_TRY(const ChainEnd end, read_chain_end(db));
  ORC_TRY(
      Statement rows,
      db.use("SELECT id,task_id,kind,actor,text,data,at,hash FROM events WHERE id>?1 ORDER BY id"));
  const std::int64_t first = std::max<std::int64_t>(0, end.last.value - count);
  rows.bind_all(first);
  Walk walk(first == 0 ? std::optional(chain_genesis()) : std::nullopt);
  while (true) {
    ORC_TRY(const bool more, rows.step());
    if (!more) return std::optional<ChainBreak>();
    if (std::optional<ChainBreak> broken = walk.take(rows)) return broken;
  }
}

}  // namespace orc::store
