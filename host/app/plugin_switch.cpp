// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_switch.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/failure.h"
#include "app/scratch_folder.h"
#include "app/serve.h"
#include "base/file.h"
#include "base/text.h"
#include "config/generation.h"
#include "config/origin.h"
#include "config/plugin_library.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace orc::app {

namespace {

using Json = nlohmann::ordered_json;
using cli::ExitCode;

constexpr unsigned k_mode = 0644;
constexpr std::size_t k_longest_file = 1024 * 1024;
const std::string k_mark = "# Written by: orchestrator plugin ";

void print(const std::vector<config::Finding>& findings) {
  for (const config::Finding& finding : findings)
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
}

config::Sources sources_of(const std::filesystem::path& file) {
  return {.file = file, .environment = config::orch_environment(), .set = {}};
}

std::vector<std::string> installed(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> names;
  std::error_code error;
  for (const std::filesystem::path& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".so") names.push_back(entry.path().stem().string());
    }
  }
  return names;
}

// The stage's chain with the plugin in front of `before`, or in front of all.
Result<Json> chain_with(const config::StageChain& chain, const cli::PluginSwitchOptions& options) {
  Json links = Json::array();
  bool placed = false;
  const auto place = [&] {
    if (!placed) links.push_back(options.plugin);
    placed = true;
  };
  if (options.before.empty()) place();
  for (const std::string& link : chain.producers) {
    if (link == options.before) place();
    if (link != options.plugin) links.push_back(link);
  }
  for (const std::string& shadow : chain.shadows) {
    if (shadow != options.plugin) links.push_back({{"plugin", shadow}, {"shadow", true}});
  }
  if (placed) return links;
  return Error{ErrorKind::not_found, options.before + " is not in the chain of " + options.stage +
                                         "; it is: " + join(chain.producers, ", ")};
}

// What an earlier call wrote; nothing where there is none. A file that somebody else wrote stays
// his.
Result<Json> earlier(const std::filesystem::path& drop_in) {
  const Result<std::string> text = read_file(drop_in, k_longest_file);
  if (!text.ok() && text.error().kind == ErrorKind::not_found) return Json::object();
  if (!text.ok()) return text.error();
  if (!text.value().starts_with(k_mark))
    return Error{ErrorKind::refused, drop_in.string() +
                                         " was not written by this command; change it "
                                         "with an editor, or move it away"};
  config::Findings findings;
  const auto root = config::read_yaml(text.value(), -1, findings);
  const Json json = root ? Json(config::to_json(*root)) : Json();
  if (!findings.has_errors() && json.is_object()) return json;
  return Error{ErrorKind::malformed, drop_in.string() + " cannot be read; move it away"};
}

Result<std::string> drop_in_text(const config::Config& config, Json content,
                                 const cli::PluginSwitchOptions& options) {
  Json& row = content["plugins"][options.plugin];
  row["enabled"] = options.enabled;
  if (options.repos) row["repos"] = *options.repos;
  if (!options.stage.empty()) {
    const auto stage = parse_stage(options.stage);
    const auto chain = stage ? config.stages.find(*stage) : config.stages.end();
    if (chain == config.stages.end())
      return Error{ErrorKind::not_found, "no producer works at a stage \"" + options.stage + "\""};
    ORC_TRY(const Json links, chain_with(chain->second, options));
    content["stages"][options.stage]["producers"] = links;
  }
  std::string text =
      k_mark + std::string(options.enabled ? "enable " : "disable ") + options.plugin + "\n";
  for (const auto& [section, value] : content.items())
    text += section + ": " + config::flow_yaml(value) + "\n";
  return text;
}

// With the plugins loaded, as `config check` does.
bool is_accepted(const std::filesystem::path& file) {
  const ScratchFolder scratch;
  config::Sources sources = sources_of(file);
  sources.set = {"daemon.state_dir=" + scratch.path().string()};
  const config::Built built = config::build_generation(sources, worker_path(), nullptr);
  print(built.findings);
  return built.generation != nullptr;
}

int write_checked(const std::filesystem::path& file, const std::filesystem::path& drop_in,
                  const std::string& text, std::FILE* messages) {
  const Result<std::string> before = read_file(drop_in, k_longest_file);
  Status written = make_folder(drop_in.parent_path());
  if (written.ok()) written = write_file_atomically(drop_in, text, Durability::power, k_mode);
  if (!written.ok()) return fail(ExitCode::unusable, written.error().message);
  if (is_accepted(file)) {
    std::fprintf(messages, "wrote %s\n", drop_in.c_str());
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty() && line[0] != '#')
        std::fprintf(messages, "  %s\n", std::string(line).c_str());
    }
    return to_int(ExitCode::done);
  }
  std::error_code gone;
  if (before.ok()) {
    written = write_file_atomically(drop_in, before.value(), Durability::power, k_mode);
  } else {
    std::filesystem::remove(drop_in, gone);
  }
  if (!written.ok() || gone)
    return fail(ExitCode::unusable,
                drop_in.string() + " would be refused and could not be taken back");
  return fail(ExitCode::refused_config, "the configuration would be refused; nothing was changed");
}

}  // namespace

namespace {

// A plugin that nobody configured yet may only be switched on, and only if its library is there.
Status check_known(const config::Config& config, const cli::PluginSwitchOptions& options) {
  if (config.plugins.contains(options.plugin)) return Done{};
  std::vector<std::string> known;
  for (const auto& [name, plugin] : config.plugins) known.push_back(name);
  if (options.enabled) {
    const std::string type = options.plugin.substr(0, options.plugin.find('/'));
    const auto library = config::find_library(type, config.plugin_dirs);
    if (library.ok()) return Done{};
    const auto near = nearest(options.plugin, installed(config.plugin_dirs));
    return Error{ErrorKind::not_found,
                 library.error().message + (near ? "; did you mean " + *near + "?" : "") +
                     "\n  put it there (cmake --install), or name its folder in plugin_dirs"};
  }
  const auto near = nearest(options.plugin, known);
  return Error{ErrorKind::not_found, "the configuration names no plugin " + options.plugin +
                                         (near ? "; did you mean " + *near + "?" : "") +
                                         "\n  known: " + join(known, ", ")};
}

}  // namespace

int plugin_switch(const cli::PluginSwitchOptions& options) {
  const std::filesystem::path file = config_file(options.file);
  const config::Loaded loaded = config::load(sources_of(file));
  if (!loaded.config) {
    print(loaded.findings);
    return fail(ExitCode::refused_config,
                "the configuration is refused as it is; nothing was changed");
  }
  if (const Status known = check_known(*loaded.config, options); !known.ok())
    return fail(ExitCode::no, known.error().message);
  std::string name = options.plugin;
  std::replace(name.begin(), name.end(), '/', '_');
  const std::filesystem::path drop_in =
      std::filesystem::absolute(file).parent_path() / "conf.d" / ("50-" + name + ".yaml");
  Result<Json> content = earlier(drop_in);
  if (!content.ok()) return fail(ExitCode::no, content.error().message);
  const Result<std::string> text =
      drop_in_text(*loaded.config, std::move(content).value(), options);
  if (!text.ok()) return fail(ExitCode::no, text.error().message);
  // What was written is no answer to a program, the reload is.
  const bool is_text = options.output == cli::OutputFormat::text;
  return write_checked(file, drop_in, text.value(), is_text ? stdout : stderr);
}

}  // namespace orc::app
