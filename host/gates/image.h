// SPDX-License-Identifier: Apache-2.0
// Image freshness: whether what is to be deployed was built from what was merged. Pure; any thread.
#pragma once

#include <string_view>

#include "gates/judgement.h"

namespace orc::gates {

// `said`: what the revision command printed. Only the whole object id counts: a prefix or a name
// may stand for something else tomorrow.
Judgement judge_image(std::string_view said, std::string_view merged_commit);

}  // namespace orc::gates
