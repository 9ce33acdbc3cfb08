// SPDX-License-Identifier: Apache-2.0
#include "gates/image.h"

#include "base/text.h"

namespace orc::gates {

namespace {

constexpr std::size_t k_quoted = 80;

}  // namespace

Judgement judge_image(std::string_view said, std::string_view merged_commit) {
  const std::string_view revision = trim(said);
  if (revision == merged_commit && !revision.empty())
    return {GateResult::passed, "the image carries " + std::string(merged_commit)};
  const std::string shown = printable(to_utf8(revision.substr(0, k_quoted)));
  return {GateResult::blocked,
          "the image carries " + (shown.empty() ? "no revision" : "\"" + shown + "\"") +
              ", not the merged " + std::string(merged_commit)};
}

}  // namespace orc::gates
