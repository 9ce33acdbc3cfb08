// SPDX-License-Identifier: Apache-2.0
// The page for Prometheus. What the store counts holds over the whole life of the database, what
// the engine counts since its start. A series is exported only where its number is real. [any HTTP
// thread]
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "http/services.h"

namespace orc::http {

// The text exposition format, version 0.0.4.
Result<std::string> metrics_page(const Services& services);
// Every name the page may hold, in order; docs/operations/metrics.md lists exactly these.
std::vector<std::string> exported_metrics();

}  // namespace orc::http
