// SPDX-License-Identifier: Apache-2.0
#include "domain/event_kinds.h"

namespace orc {

EventKind EventKind::of(std::string_view family, std::string_view state) {
  for (const EventKindRow& row : k_event_kinds) {
    const bool fits = row.kind.size() == family.size() + state.size() &&
                      row.kind.starts_with(family) && row.kind.ends_with(state);
    if (fits) return EventKind(row);
  }
  return "event.unnamed";
}

}  // namespace orc
