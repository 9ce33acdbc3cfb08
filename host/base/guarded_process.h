// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace orc {

// From now on no other process of the same user may look into this one, and a crash leaves no file
// with its memory: both would hold every secret. Programs it starts begin without either, but for
// the limit on core files, which they inherit. Left out under a sanitizer, whose own look at the
// process would fail.
void guard_this_process();

}  // namespace orc
