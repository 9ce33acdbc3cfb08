// SPDX-License-Identifier: Apache-2.0
#include "worker/answer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

namespace orc::worker {

using nlohmann::json;

UniqueFd take_stdout() {
  UniqueFd answer(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return answer;
}

Result<std::string> read_stdin(std::size_t limit) {
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return Error{ErrorKind::refused, "the standard input is too large"};
  }
  return text;
}

void answer_and_exit(const UniqueFd& answer, const json& object, int exit_code) {
  const std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(answer.get(), left.data(), left.size());
    if (written <= 0) ::_exit(1);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(exit_code);
}

}  // namespace orc::worker
