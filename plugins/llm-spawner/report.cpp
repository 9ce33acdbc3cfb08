// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "report_readers.h"

namespace llm_spawner {

std::unique_ptr<ReportReader> make_reader(Dialect dialect, const UsagePointers& pointers) {
  switch (dialect) {
    case Dialect::claude:
      return make_claude_reader();
    case Dialect::codex:
      return make_codex_reader();
    case Dialect::opencode:
      return make_opencode_reader();
    case Dialect::pi:
      return make_pi_reader();
    case Dialect::gemini:
      return make_gemini_reader();
    case Dialect::qwen:
      return make_qwen_reader();
    case Dialect::plain:
      return make_plain_reader(pointers);
  }
  return make_plain_reader(pointers);
}

bool always_closes(Dialect dialect) {
  return dialect != Dialect::plain;
}

void LineCutter::append(std::string_view bytes) {
  if (dropping_) return;
  if (line_.size() + bytes.size() <= cap_) {
    line_ += bytes;
    return;
  }
  dropping_ = true;
  ++dropped_;
  std::string().swap(line_);
}

void LineCutter::reset() {
  line_.clear();
  dropping_ = false;
}

}  // namespace llm_spawner
