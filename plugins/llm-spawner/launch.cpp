// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "placeholders.h"
#include "prompt.h"
#include "safe_read.h"
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

// Private: other users of the machine have no business in a prompt.
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

// What the runs of one job do not share.
struct Run {
  int number = 1;
  std::string folder;  // below scratch
  std::string prompt;
};

// RFC 9562: version 4 in form; a run's own random number instead of a second one.
std::string session_id(std::string_view run_id, int number) {
  std::string digits;
  for (const char c : run_id) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) digits += c;
  }
  digits.resize(32, '0');
  digits[12] = '4';
  digits[16] = '8';
  digits[31] = static_cast<char>('0' + number % 10);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, 1, '-');
  return digits;
}

Values argument_values(const sdk::Request& request, const Settings& settings, const Run& run) {
  Values values;
  // A prompt that starts like an option would be read as one.
  values["prompt"] = run.prompt.substr(0, 1) == "-" ? "\n" + run.prompt : run.prompt;
  values["prompt_file"] = run.folder + "/prompt.md";
  values["home"] = run.folder + "/home";
  values["provider"] = settings.provider;
  values["session_id"] = session_id(request.run_id(), run.number);
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
                          const Values& values, const std::string& prompt) {
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

bool make_home(const Settings& settings, const Values& values) {
  const std::string& home = values.at("home");
  if (!make_folder(home)) return false;
  for (const auto& [path, text] : settings.home_files) {
    for (std::size_t cut = path.find('/'); cut != std::string::npos;
         cut = path.find('/', cut + 1)) {
      if (!make_folder(home + "/" + path.substr(0, cut))) return false;
    }
    if (!write_file(home + "/" + path, expand(text, values))) return false;
  }
  return true;
}

std::variant<sdk::Process, NoLaunch> make_launch(const sdk::Request& request,
                                                 const Settings& settings, const Run& run) {
  const Values values = argument_values(request, settings, run);
  if (!make_folder(run.folder) || !make_home(settings, values) ||
      !write_file(values.at("prompt_file"), run.prompt)) {
    return NoLaunch{sdk::Defer{sdk::Why::resource, "cannot write below " + run.folder + ": " +
                                                       std::generic_category().message(errno)}};
  }
  sdk::Process process = make_process(request, settings, values, run.prompt);
  for (const std::string& argument : process.argv) {
    if (argument.size() <= k_max_argument) continue;
    return config_hold(
        "the prompt of " + std::to_string(run.prompt.size()) +
        " bytes does not fit into an argument: use {{prompt_file}} or stdin: prompt");
  }
  return process;
}

}  // namespace

std::variant<sdk::Process, NoLaunch> prepare_launch(const sdk::Request& request,
                                                    const Settings& settings) {
  if (const auto problem = role_problem(request, settings)) return config_hold(*problem);
  auto prompt = make_prompt(request);
  if (const auto* fault = std::get_if<PromptFault>(&prompt)) return config_hold(fault->text);
  return make_launch(
      request, settings,
      {1, std::string(request.scratch()) + "/run-1", std::get<std::string>(std::move(prompt))});
}

std::variant<sdk::Process, NoLaunch> prepare_repair(const sdk::Request& request,
                                                    const Settings& settings,
                                                    const std::string& prompt) {
  return make_launch(request, settings, {2, std::string(request.scratch()) + "/run-2", prompt});
}

std::string program_name(const Settings& settings) {
  const std::string& path = settings.argv.front();
  return path.substr(path.rfind('/') + 1);
}

}  // namespace llm_spawner
