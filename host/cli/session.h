// SPDX-License-Identifier: Apache-2.0
// What one command does with the host: ask, print the answer in the wanted format, and turn every
// way in which it can go wrong into a message on stderr and an exit code.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "cli/exit_code.h"

namespace orc::cli {

using Json = nlohmann::ordered_json;

struct CommonOptions {
  std::string socket;
  OutputFormat output = OutputFormat::text;
};

// A JSON answer as text for people.
using TextView = std::string (*)(const Json& answer);

class Session {
 public:
  Session(Terminal terminal, const CommonOptions& options)
      : terminal_(terminal),
        output_(options.output),
        client_(find_control_socket(options.socket)) {}

  // Each prints the answer and returns the exit code.
  ExitCode show(const std::string& target, TextView view) const;
  // `rows`: the array that jsonl prints one element a line of.
  ExitCode show_rows(const std::string& target, const std::string& rows, TextView view) const;
  ExitCode post(const std::string& target, const Json& body, TextView view) const;
  ExitCode remove(const std::string& target, const Json& body, TextView view) const;

  // The parsed answer, or the exit code after the message has been printed.
  Result<Json> ask(const std::string& target, ExitCode& failure) const;

  // Each message of a stream until `take` has had enough: done. The message has been printed where
  // it fails, and where the host ends the stream before.
  ExitCode listen(const std::string& target,
                  const std::function<bool(std::string_view event, const Json& data)>& take) const;

  void print(const Json& answer, TextView view) const;
  void print_text(const std::string& text) const;
  void message(const std::string& text) const;
  OutputFormat output() const { return output_; }
  const ControlClient& client() const { return client_; }

 private:
  ExitCode finish(const Result<Reply>& reply, TextView view) const;
  Result<Json> judge(const Result<Reply>& reply, ExitCode& failure) const;
  void print_problem(const Json& problem) const;

  Terminal terminal_;
  OutputFormat output_;
  ControlClient client_;
};

}  // namespace orc::cli
