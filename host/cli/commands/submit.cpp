// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/submit.h"

#include <filesystem>
#include <istream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

constexpr std::size_t k_max_request = 512 * 1024;

Result<std::string> read_stdin(std::istream& in) {
  std::string text(k_max_request + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() <= k_max_request) return text;
  return Error{ErrorKind::refused, "the request on stdin is larger than 512 KiB"};
}

Result<std::string> read_request(const std::string& file, std::istream& in) {
  if (file.empty()) return std::string();
  ORC_TRY(auto text, file == "-" ? read_stdin(in) : read_file(file, k_max_request));
  if (is_utf8(text)) return text;
  return Error{ErrorKind::malformed, file + " is not UTF-8"};
}

// A configured name has no slash; a folder beside the caller is written ./folder, so that no name ever
// changes its meaning with the folder one stands in.
bool is_path(const std::string& repo) {
  return repo.find('/') != std::string::npos || repo == "." || repo == "..";
}

Result<std::string> absolute_repository(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::canonical(path, error);
  if (error) return Error{ErrorKind::not_found, path + ": " + error.message()};
  std::error_code ignored;
  const bool is_repository = std::filesystem::exists(absolute / ".git", ignored) ||
                             std::filesystem::exists(absolute / "HEAD", ignored);
  if (is_repository) return absolute.string();
  return Error{ErrorKind::refused, absolute.string() + " is not a git repository"};
}

Result<Json> body_of(const SubmitOptions& options, std::istream& in) {
  ORC_TRY(auto request, read_request(options.file, in));
  Json body{{"title", options.title}, {"request", std::move(request)}};
  if (is_path(options.repo)) {
    ORC_TRY(body["repo_url"], absolute_repository(options.repo));
  } else {
    body["repo"] = options.repo;
  }
  body["work_item"] = options.work_item;
  body["branch"] = options.branch;
  body["from"] = options.from;
  return body;
}

}  // namespace

ExitCode submit_task(const Session& session, const SubmitOptions& options, std::istream& in) {
  const auto body = body_of(options, in);
  if (!body.ok()) {
    session.message(body.error().message);
    return ExitCode::usage;
  }
  return session.post("/api/v1/tasks", body.value(), submitted_text);
}

}  // namespace orc::cli
