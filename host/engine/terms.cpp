// SPDX-License-Identifier: Apache-2.0
// What a caller asks beside the command: that nothing has changed since it looked, and that a
// repeated command is carried out once. Both are decided inside the batch that carries it out.
#include <nlohmann/json.hpp>

#include "engine/answers.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

using Json = nlohmann::json;

// One name space a caller: two of them may well count alike.
std::string source_of(const Actor& actor) {
  return "command:" + actor.name;
}

std::string to_text(const Answer& answer, const std::string& fingerprint) {
  return Json{{"fingerprint", fingerprint},
              {"code", answer.code},
              {"text", answer.text},
              {"hint", answer.hint},
              {"work_item", answer.task ? answer.task->work_item : ""}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Command>
concept AboutTask = requires(const Command& command) {
  command.work_item;
};
template <typename Command>
concept AboutPlugin = requires(const Command& command) {
  command.plugin;
};

}  // namespace

Result<Answer> Engine::answer_to(const Command& command) {
  ORC_TRY(const std::optional<Answer> told, told_before(command));
  if (told) return *told;
  ORC_TRY(const std::optional<Answer> refusal, refuse_changed(command));
  if (refusal) return *refusal;
  ORC_TRY(Answer answer,
          std::visit([&](const auto& request) { return carry_out(request, command.actor); },
                     command.request));
  // What was refused has changed nothing and may be tried again under the same key.
  if (!command.terms.idempotency_key.empty() && answer.kind == Answer::Kind::done) {
    ORC_CHECK_OK(store_->put_delivery(source_of(command.actor), command.terms.idempotency_key,
                                      to_text(answer, command.terms.fingerprint), batch_.now));
  }
  return answer;
}

Result<std::optional<Answer>> Engine::told_before(const Command& command) {
  if (command.terms.idempotency_key.empty()) return std::optional<Answer>();
  ORC_TRY(const auto known,
          store_->delivery(source_of(command.actor), command.terms.idempotency_key));
  if (!known) return std::optional<Answer>();
  const Json told = Json::parse(*known, nullptr, false);
  if (!told.is_object()) return Error{ErrorKind::malformed, "a stored answer is not JSON"};
  if (told.value("fingerprint", "") != command.terms.fingerprint) {
    return std::optional(invalid("key_reused", "this Idempotency-Key was used for another command",
                                 "take a new key for every command"));
  }
  Answer answer{.code = told.value("code", ""),
                .text = told.value("text", ""),
                .hint = told.value("hint", ""),
                .repeated = true};
  if (const std::string work_item = told.value("work_item", ""); !work_item.empty()) {
    ORC_TRY(answer.task, store_->task(work_item));
  }
  return std::optional(std::move(answer));
}

Result<std::optional<Answer>> Engine::refuse_changed(const Command& command) {
  if (!command.terms.expected) return std::optional<Answer>();
  std::string work_item;
  std::optional<std::int64_t> now;
  std::visit(
      [&](const auto& request) {
        using Asked = std::decay_t<decltype(request)>;
        if constexpr (AboutTask<Asked>) work_item = request.work_item;
        if constexpr (AboutPlugin<Asked>) now = generation_->number;
      },
      command.request);
  if (!work_item.empty()) {
    ORC_TRY(const std::optional<Task> task, store_->task(work_item));
    if (!task) return std::optional(unknown_task(work_item));
    now = task->rev;
  }
  if (!now)
    return std::optional(invalid("no_version", "this command has nothing to match against"));
  if (*now == *command.terms.expected) return std::optional<Answer>();
  return std::optional(Answer{.kind = Answer::Kind::changed,
                              .code = "changed_meanwhile",
                              .text = "it is at " + std::to_string(*now) + " by now, not at " +
                                      std::to_string(*command.terms.expected) +
                                      "; nothing was done",
                              .hint = "look again, then decide again"});
}

}  // namespace orc::engine
