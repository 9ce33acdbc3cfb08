// SPDX-License-Identifier: Apache-2.0
// Every metric that the host exports, and a page of their samples in Prometheus' text format.
#pragma once

#include <prometheus/client_metric.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/tallies.h"

namespace orc::http {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// Collects samples by the table in metric_page.cpp; a name that it does not hold is a mistake of the
// caller and ends the program. One thread.
class MetricPage {
 public:
  MetricPage();
  void put(std::string_view name, Labels labels, double value);
  void put(std::string_view name, Labels labels, const engine::Tallies::Count& count);
  std::string text() const;

 private:
  std::vector<std::vector<prometheus::ClientMetric>> samples_;  // by row of the table
};

}  // namespace orc::http
