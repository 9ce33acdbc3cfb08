// SPDX-License-Identifier: Apache-2.0
// The series about agent runs. They are counted over the life of the database, which keeps their
// sums. [any HTTP thread]
#pragma once

#include <vector>

#include "config/generation.h"
#include "http/metric_page.h"
#include "store/llm_records.h"

namespace orc::http {

void put_llm(MetricPage& page, const config::Generation& generation,
             const std::vector<store::LlmTotal>& totals);

}  // namespace orc::http
