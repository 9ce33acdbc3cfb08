// SPDX-License-Identifier: Apache-2.0
#include "worker/submission.h"

#include "base/text.h"
#include "worker/plugin_library.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_body_limit = std::size_t{1} << 20;
constexpr std::size_t k_text_limit = 4096;
constexpr std::size_t k_resume_token_limit = 4096;

Error broken(std::string text) {
  return Error{ErrorKind::malformed, std::move(text)};
}

// A line for people: whatever the plugin wrote, what is stored is short and printable.
std::string line_of(orch_str text) {
  std::string line = printable(to_utf8(view(text).substr(0, k_text_limit)));
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  return line;
}

Result<ReasonCode> reason_of(const orch_outcome& raw, std::int32_t first, std::string_view kind) {
  const std::optional<ReasonCode> reason = reason_code_from_abi(raw.why);
  if (!reason || raw.why < first || raw.why >= first + 10) {
    return broken("reason " + std::to_string(raw.why) + " does not belong to a " +
                  std::string(kind));
  }
  return *reason;
}

Result<Submission> read_verdict(const orch_outcome& raw, const StageRule& rule) {
  const std::string token(view(raw.token));
  if (raw.why != ORCH_WHY_NONE) return broken("a verdict has no reason code");
  if (!token.empty() && find_token(rule, token) == nullptr) {
    return broken("token \"" + printable(to_utf8(token)) + "\" is not in the contract of stage " +
                  std::string(to_string(rule.stage)));
  }
  if (raw.body.size > k_body_limit) return broken("the body is larger than 1 MiB");
  if (!is_utf8(view(raw.body))) return broken("the body is not UTF-8");
  return Submission{Verdict{token, line_of(raw.text)}, std::string(view(raw.body))};
}

}  // namespace

Result<Submission> read_submission(const orch_outcome& raw, const StageRule& rule) {
  if (raw.struct_size < sizeof(orch_outcome))
    return broken("the outcome is shorter than that of ABI 1.0");
  switch (raw.kind) {
    case ORCH_OUTCOME_VERDICT:
      return read_verdict(raw, rule);
    case ORCH_OUTCOME_DECLINE:
      return broken("declined after it had accepted");
    case ORCH_OUTCOME_DEFER: {
      ORC_TRY(const ReasonCode reason, reason_of(raw, ORCH_WHY_TIMEOUT, "defer"));
      if (raw.resume_token.size > k_resume_token_limit) {
        return broken("the resume token is larger than 4 KiB");
      }
      if (!is_utf8(view(raw.resume_token))) return broken("the resume token is not UTF-8");
      constexpr std::uint64_t k_longest_ms = 7ull * 24 * 3600 * 1000;
      return Submission{
          Deferred{.reason = reason,
                   .text = line_of(raw.text),
                   .retry_after =
                       Millis(static_cast<Millis::rep>(std::min(raw.retry_after_ms, k_longest_ms))),
                   .resume_token = std::string(view(raw.resume_token))},
          ""};
    }
    case ORCH_OUTCOME_HOLD: {
      ORC_TRY(const ReasonCode reason, reason_of(raw, ORCH_WHY_TOOL_MISSING, "hold"));
      return Submission{Held{reason, line_of(raw.text)}, ""};
    }
    default:
      return broken("outcome kind " + std::to_string(raw.kind) + " does not exist");
  }
}

}  // namespace orc::worker
