// SPDX-License-Identifier: Apache-2.0
#include "worker/forge.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "jobs/worker_client.h"
#include "process/process.h"
#include "worker/secrets.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr Millis k_call_limit{60'000};
constexpr std::size_t k_quoted = 300;

struct Answer {
  int status = 0;
  json body;  // null where it is no JSON
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n' || c == '\r') continue;
    out += c;
  }
  return out + "\"\n";
}

// One call of the forge's API through curl(1). The token goes over the standard input, never
// through the argument list; redirects are not followed.
class Api {
 public:
  Api(EdgeJob& job, std::string authorization)
      : job_(job), authorization_(std::move(authorization)) {}

  // `unavailable`: no answer, or none that is whole: what was asked for may have been done.
  Result<Answer> call(const char* method, const std::string& path, const json& body) const {
    const gates::ForgeSettings& forge = job_.settings.forge;
    process::RunSpec spec;
    spec.spawn.argv = {"curl", "-q", "--config", "-"};
    spec.spawn.env = jobs::worker_environment(job_.session.request.run_id);
    spec.spawn.cwd = job_.session.scratch();
    spec.timeout = k_call_limit;
    spec.stdin_text =
        "silent\nshow-error\nmax-redirs = 0\nproto = \"=http,https\"\n"
        "connect-timeout = 10\nmax-time = 45\nwrite-out = \"\\n%{http_code}\"\n"
        "header = \"Accept: application/json\"\n"
        "header = \"Content-Type: application/json\"\nheader = " +
        quoted(authorization_) + "request = " + quoted(method) +
        "url = " + quoted(forge.api + "/repos/" + forge.repository + path);
    if (!body.is_null()) spec.stdin_text += "data-raw = " + quoted(body.dump());
    const process::RunResult result = process::run(spec);
    const auto* exited = std::get_if<process::Exited>(&result.end);
    if (const auto* missing = std::get_if<process::NotStarted>(&result.end))
      return Error{ErrorKind::refused, missing->text};
    const std::size_t line = result.out.rfind('\n');
    const std::int64_t status = line == std::string::npos
                                    ? 0
                                    : parse_integer(trim(result.out.substr(line + 1))).value_or(0);
    if (exited == nullptr || exited->code != 0 || status < 100) {
      return Error{ErrorKind::unavailable,
                   "the forge did not answer: " + printable(to_utf8(trim(result.err)))};
    }
    return Answer{static_cast<int>(status),
                  json::parse(result.out.substr(0, line), nullptr, false)};
  }

 private:
  EdgeJob& job_;
  std::string authorization_;
};

// Status codes of Gitea (services/context and routers/api/v1/repo/pull.go) and of GitHub's REST
// reference. Whether a call that failed has landed after all is not decided here.
struct Meaning {
  int status;
  ErrorKind kind;
};
constexpr std::array k_meanings{
    Meaning{401, ErrorKind::refused},     Meaning{403, ErrorKind::refused},
    Meaning{404, ErrorKind::not_found},   Meaning{405, ErrorKind::refused},
    Meaning{408, ErrorKind::unavailable}, Meaning{409, ErrorKind::conflict},
    Meaning{422, ErrorKind::refused},     Meaning{423, ErrorKind::refused},
    Meaning{425, ErrorKind::unavailable}, Meaning{429, ErrorKind::unavailable},
};

// Words that tell two answers with one code apart.
struct Words {
  int status;
  std::string_view text;
  ErrorKind kind;
};
constexpr std::array k_words{
    // Gitea: mergeability is still computed.
    Words{405, "try again later", ErrorKind::unavailable},
    Words{403, "rate limit", ErrorKind::unavailable},
    // GitHub: PATCH of a reference.
    Words{422, "not a fast forward", ErrorKind::conflict},
};

ErrorKind meaning_of(int status, const std::string& message) {
  for (const Words& row : k_words) {
    if (row.status == status && message.find(row.text) != std::string::npos) return row.kind;
  }
  for (const Meaning& row : k_meanings) {
    if (row.status == status) return row.kind;
  }
  return status >= 500 ? ErrorKind::unavailable : ErrorKind::io;
}

Status status_of(const Answer& answer, const std::string& what) {
  if (answer.status >= 200 && answer.status < 300) return Done{};
  const std::string message =
      answer.body.is_object() ? answer.body.value("message", std::string()) : std::string();
  return Error{meaning_of(answer.status, lower(message)),
               what + ": HTTP " + std::to_string(answer.status) +
                   (message.empty() ? "" : ": " + printable(to_utf8(message.substr(0, k_quoted))))};
}

json pull_request_of(const EdgeJob& job) {
  const jobs::JobRequest& request = job.session.request;
  return {{"head", request.branch},
          {"base", request.default_branch},
          {"title", request.work_item + ": " + request.title},
          {"body", "Opened by Orchestrator for " + request.work_item + "."}};
}

// Opened, or there already: POST answers 409, and the pair of branches names it.
Result<std::int64_t> gitea_pull_request(EdgeJob& job, const Api& api) {
  ORC_TRY(Answer answer, api.call("POST", "/pulls", pull_request_of(job)));
  constexpr int k_exists = 409;
  if (answer.status == k_exists) {
    const jobs::JobRequest& request = job.session.request;
    ORC_TRY(answer,
            api.call("GET", "/pulls/" + request.default_branch + "/" + request.branch, nullptr));
  }
  ORC_CHECK_OK(status_of(answer, "opening the pull request"));
  if (!answer.body.is_object() || !answer.body.contains("number"))
    return Error{ErrorKind::unavailable, "opening the pull request: an answer without a number"};
  return answer.body.at("number").get<std::int64_t>();
}

// head_commit_id: Gitea compares the head; fast-forward-only: git compares the base.
Status merge_on_gitea(EdgeJob& job, const Api& api) {
  ORC_TRY(const std::int64_t number, gitea_pull_request(job, api));
  ORC_TRY(const Answer answer, api.call("POST", "/pulls/" + std::to_string(number) + "/merge",
                                        {{"do", "fast-forward-only"},
                                         {"head_commit_id", job.candidate.commit},
                                         {"delete_branch_after_merge", false}}));
  return status_of(answer, "merging pull request " + std::to_string(number));
}

// GitHub's merge button makes a commit of its own; moving the reference without `force` lands the
// tested one, and GitHub then calls the pull request merged.
Status merge_on_github(EdgeJob& job, const Api& api) {
  ORC_TRY(const Answer opened, api.call("POST", "/pulls", pull_request_of(job)));
  constexpr int k_exists = 422;
  if (opened.status != k_exists) ORC_CHECK_OK(status_of(opened, "opening the pull request"));
  ORC_TRY(const Answer answer,
          api.call("PATCH", "/git/refs/heads/" + job.session.request.default_branch,
                   {{"sha", job.candidate.commit}, {"force", false}}));
  return status_of(answer, "moving " + job.session.request.default_branch);
}

struct ForgeRow {
  std::string_view kind;
  std::string_view scheme;  // of the Authorization header
  Status (*merge)(EdgeJob& job, const Api& api);
};
constexpr std::array k_forges{ForgeRow{"gitea", "token ", merge_on_gitea},
                              ForgeRow{"github", "Bearer ", merge_on_github}};

Result<std::string> token_of(const EdgeJob& job) {
  const json named{{"token", json::parse(job.settings.forge.token, nullptr, false)}};
  ORC_TRY(const std::string filled,
          fill_in(named.dump(), job.session.secrets, MissingSecret::refuse));
  const json token = json::parse(filled, nullptr, false).at("token");
  if (token.is_string()) return token.get<std::string>();
  return Error{ErrorKind::refused, "repos.*.forge.token names no secret"};
}

}  // namespace

Status move_base(EdgeJob& job) {
  const jobs::JobRequest& request = job.session.request;
  for (const ForgeRow& forge : k_forges) {
    if (forge.kind != job.settings.forge.kind) continue;
    ORC_TRY(const std::string token, token_of(job));
    const std::string authorization = "Authorization: " + std::string(forge.scheme) + token;
    return guard("the forge's answer", [&] { return forge.merge(job, Api(job, authorization)); });
  }
  return job.repository.push_base(request.clone_url, request.default_branch, job.candidate.commit);
}

}  // namespace orc::worker
