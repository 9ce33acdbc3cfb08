// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace orc {

// Asks the scheduler to give the calling thread short turns of the processor, and soon: for one that
// answers somebody in a fraction of a millisecond, beside others that compute for long. Its share of
// the time stays the same, and what it starts does not inherit it. Linux 6.12 and later; without
// effect elsewhere (sched_setattr(2): the slice of SCHED_OTHER).
void take_short_turns();

}  // namespace orc
