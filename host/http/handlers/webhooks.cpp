// SPDX-License-Identifier: Apache-2.0
// What forges send. A webhook is a hint: it is sent once, may be lost and may be old. So nothing of
// it is believed but where to look, and the answer never says what was found. Header names and
// what is signed: Gitea services/webhook/deliver.go; GitHub, "Validating webhook deliveries".
#include <array>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"

namespace orc::http {

namespace {

struct Source {
  std::string_view forge;
  std::string_view signature;  // header: hex HMAC-SHA-256 of the body's bytes
  std::string_view prefix;     // before the digits
  std::string_view event;      // header
};
constexpr std::array k_webhook_sources{
    Source{"gitea", "x-gitea-signature", "", "x-gitea-event"},
    Source{"github", "x-hub-signature-256", "sha256=", "x-github-event"}};

std::string field(const Request& request, std::string_view name) {
  const auto found = request.fields.find(std::string(name));
  return found != request.fields.end() ? found->second : std::string();
}

bool is_signed(const Request& request, const Source& source, const std::string& secret) {
  const std::string given = field(request, source.signature);
  return given.starts_with(source.prefix) &&
         same_digest(std::string_view(given).substr(source.prefix.size()),
                     hmac_sha256_hex(secret, request.body));
}

std::string text_at(const views::Json& body, const std::string& pointer) {
  const views::Json::json_pointer at(pointer);
  if (!body.contains(at) || !body.at(at).is_string()) return "";
  return body.at(at).get<std::string>();
}

// The first of the places where the kinds of events have it; empty: the event is about no branch.
std::string branch_of(const views::Json& body) {
  constexpr std::string_view k_heads = "refs/heads/";
  const std::string ref = text_at(body, "/ref");
  if (ref.starts_with(k_heads)) return ref.substr(k_heads.size());
  for (const char* place :
       {"/pull_request/head/ref", "/workflow_run/head_branch", "/check_suite/head_branch"}) {
    if (std::string branch = text_at(body, place); !branch.empty()) return branch;
  }
  return "";
}

Result<Response> refused(const Services& services, const Request& request, const Source& source,
                         const Problem& problem) {
  services.webhooks.add(source.forge, WebhookResult::refused);
  log(LogLevel::warning, "webhook.refused", problem.detail,
      {{"forge", std::string(source.forge)},
       {"event", printable(field(request, source.event))}});
  return refuse(request, problem);
}

Result<Response> receive(const Services& services, const Request& request, const Source& source) {
  const auto secret = services.webhooks.secrets.find(std::string(source.forge));
  if (secret == services.webhooks.secrets.end()) {
    return refused(services, request, source,
                   {404, "no_such_webhook", "this forge is not configured",
                    "give http.webhooks." + std::string(source.forge) + ".secret"});
  }
  if (!is_signed(request, source, secret->second)) {
    return refused(services, request, source,
                   {401, "bad_signature", "the signature does not fit the body",
                    "give the forge the same secret as http.webhooks." +
                        std::string(source.forge) + ".secret"});
  }
  const views::Json body = views::Json::parse(request.body, nullptr, false);
  const std::string repository = text_at(body, "/repository/full_name");
  if (!body.is_object() || repository.empty()) {
    return refused(services, request, source,
                   {422, "no_repository", "the body names no repository"});
  }
  // A repetition has another delivery id and the same bytes.
  const std::string content =
      sha256_hex(field(request, source.event) + '\n' + request.body);
  const engine::Answer answer = services.commands.execute(
      engine::LookAgain{std::string(source.forge), repository, branch_of(body)},
      {"webhook:" + std::string(source.forge), "webhook"},
      {.idempotency_key = content, .fingerprint = content});
  if (answer.kind != engine::Answer::Kind::done) {
    services.webhooks.add(source.forge, WebhookResult::refused);
    return refuse(request, problem_of(answer));
  }
  const WebhookResult result = answer.repeated          ? WebhookResult::duplicate
                               : answer.code == "done" ? WebhookResult::accepted
                                                       : WebhookResult::ignored;
  services.webhooks.add(source.forge, result);
  constexpr int k_accepted = 202;
  return json_response(
      {{"schema", "orchestrator.webhook/1"}, {"result", to_string(result)}}, k_accepted);
}

}  // namespace

Result<Response> receive_webhook(const Services& services, const Request& request) {
  for (const Source& source : k_webhook_sources) {
    if (source.forge == request.captured.at(0)) return receive(services, request, source);
  }
  return refuse(request, {404, "no_such_webhook", "nothing is served under this path"});
}

}  // namespace orc::http
