// SPDX-License-Identifier: Apache-2.0
// The hash chain over the audit trail: each event carries a SHA-256 over the hash of the event
// before it and its own fields, so that an event which was changed, removed or slipped in breaks
// every later one. Pure; any thread.
//
// What it proves: whoever knows the hash of one event can tell that no event up to it is another
// than it was. It does not prove that nothing was cut off at the end; for that, keep the head
// somewhere else and compare.
#pragma once

#include "base/digest.h"
#include "domain/records.h"

namespace orc {

// What stands where the first event of a chain would name its predecessor: SHA-256 of
// "orchestrator event chain, genesis".
const Sha256& chain_genesis();

// The hash of `event`, whose id must be set, after the event that has the hash `previous`. Every
// field goes in with its length, so that no two different events give the same bytes.
Sha256 chain_hash(const Sha256& previous, const Event& event);

}  // namespace orc
