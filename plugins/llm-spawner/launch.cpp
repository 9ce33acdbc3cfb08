// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "placeholders.h"
#include "prompt.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

// The kernel takes no single argument of 128 KiB or more.
constexpr std::size_t k_max_argument = std::size_t{128} * 1024 - 1;
constexpr std::size_t k_output_cap = std::size_t{64} * 1024;  // the streams are read as they come

NoLaunch config_hold(std::string text) {
  return {sdk::Hold{sdk::Why::config, std::move(text)}};
}

// A private folder and file: other users of the machine have no business in a prompt.
bool write_private(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return ::close(fd) == 0 && done == text.size();
}

bool make_folder(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

std::optional<std::string> role_problem(const sdk::Request& request, const Settings& settings) {
  const std::string role(request.role());
  if (uses(settings.argv, "role.model") && request.model().empty()) {
    return "no model is configured for the role " + role;
  }
  const bool uses_effort = uses(settings.argv, "role.effort");
  if (uses_effort && request.effort().empty())
    return "no effort is configured for the role " + role;
  const auto& known = settings.preset->efforts;
  if (!uses_effort || known.empty()) return std::nullopt;
  if (std::find(known.begin(), known.end(), request.effort()) != known.end()) return std::nullopt;
  // The program itself would only warn and run on its default.
  return std::string(settings.preset->name) + " knows no effort \"" +
         printable(request.effort(), 40) + "\" (role " + role + ")" +
         suggestion(request.effort(), {known.begin(), known.end()});
}

Values argument_values(const sdk::Request& request, const std::string& prompt) {
  const std::string scratch(request.scratch());
  Values values;
  // A prompt that starts like an option would be read as one.
  values["prompt"] = prompt.substr(0, 1) == "-" ? "\n" + prompt : prompt;
  values["prompt_file"] = scratch + "/prompt.md";
  values["home"] = scratch + "/home";
  values["role.name"] = std::string(request.role());
  values["role.model"] = std::string(request.model());
  values["role.effort"] = std::string(request.effort());
  values["worktree"] = std::string(request.worktree());
  values["work_item"] = std::string(request.work_item());
  values["stage"] = std::string(request.stage());
  values["artifact_dir"] = std::string(request.artifact_dir());
  values["run_id"] = std::string(request.run_id());
  return values;
}

std::variant<std::string, PromptFault> make_prompt(const sdk::Request& request) {
  auto prompt = read_prompt(request);
  if (auto* fault = std::get_if<PromptFault>(&prompt)) return std::move(*fault);
  auto text = render_prompt(std::get<PromptTemplate>(prompt), prompt_values(request));
  if (auto* rendered = std::get_if<std::string>(&text)) {
    std::replace(rendered->begin(), rendered->end(), '\0', ' ');
  }
  return text;
}

sdk::Process make_process(const sdk::Request& request, const Settings& settings,
                          const std::string& prompt) {
  const Values values = argument_values(request, prompt);
  sdk::Process process;
  for (const std::string& argument : settings.argv)
    process.argv.push_back(expand(argument, values));
  process.cwd = std::string(request.worktree());
  process.env.emplace_back("HOME", values.at("home"));
  for (const EnvRow& row : settings.preset->env) {
    process.env.emplace_back(row.name, expand(row.value, values));
  }
  for (const auto& [name, value] : settings.env) {
    // The operator's own word replaces the preset's.
    const auto same = [&name = name](const auto& pair) { return pair.first == name; };
    process.env.erase(std::remove_if(process.env.begin(), process.env.end(), same),
                      process.env.end());
    process.env.emplace_back(name, value);
  }
  if (settings.stdin_use == StdinUse::prompt) process.stdin_bytes = prompt;
  process.output_cap = k_output_cap;
  process.soft_signal = settings.soft_signal;
  process.mutating = true;
  return process;
}

}  // namespace

std::variant<sdk::Process, NoLaunch> prepare_launch(const sdk::Request& request,
                                                    const Settings& settings) {
  if (const auto problem = role_problem(request, settings)) return config_hold(*problem);
  const auto prompt = make_prompt(request);
  if (const auto* fault = std::get_if<PromptFault>(&prompt)) return config_hold(fault->text);
  const std::string& text = std::get<std::string>(prompt);

  const std::string scratch(request.scratch());
  if (!make_folder(scratch + "/home") || !write_private(scratch + "/prompt.md", text)) {
    return NoLaunch{sdk::Defer{sdk::Why::resource, "cannot write below " + scratch + ": " +
                                                       std::generic_category().message(errno)}};
  }
  sdk::Process process = make_process(request, settings, text);
  for (const std::string& argument : process.argv) {
    if (argument.size() <= k_max_argument) continue;
    return config_hold(
        "the prompt of " + std::to_string(text.size()) +
        " bytes does not fit into an argument: use {{prompt_file}} or stdin: prompt");
  }
  return process;
}

std::string program_name(const Settings& settings) {
  const std::string& path = settings.argv.front();
  return path.substr(path.rfind('/') + 1);
}

}  // namespace llm_spawner
