// SPDX-License-Identifier: Apache-2.0
// The answers that several commands give.
#pragma once

#include <string>
#include <utility>

#include "base/text.h"
#include "engine/ports.h"

namespace orc::engine {

inline Answer invalid(std::string code, std::string text, std::string hint = "") {
  return {.kind = Answer::Kind::invalid,
          .code = std::move(code),
          .text = std::move(text),
          .hint = std::move(hint)};
}

inline Answer unknown_task(const std::string& work_item) {
  return {.kind = Answer::Kind::not_found,
          .code = "task_not_found",
          .text = "no task for work item \"" + printable(work_item) + "\"",
          .hint = "orchestrator task list"};
}

inline Answer lease_held(const Task& task, const Lease& lease) {
  return {.kind = Answer::Kind::conflict,
          .code = "lease_held",
          .text = task.work_item + " is in a side-effectful transition " + owner_in_words(lease),
          .hint = "wait, or: orchestrator lease release " + task.work_item + " --force",
          .task = task};
}

inline std::string with_reason(const std::string& what, const std::string& reason) {
  return reason.empty() ? what : what + ": " + reason;
}

}  // namespace orc::engine
