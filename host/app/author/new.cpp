// SPDX-License-Identifier: Apache-2.0
// `plugin new`: a project of its own for one plugin, from the files in plugin-api/skeleton.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <system_error>

#include "app/author/author.h"
#include "app/author/skeleton_files.h"
#include "app/failure.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/stage.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;
using cli::ExitCode;

constexpr std::size_t k_longest_name = 40;  // abi.h has room for 63
constexpr unsigned k_mode = 0644;

// What the host ships, and what CMake keeps for itself.
constexpr std::array<std::string_view, 10> k_taken{
    "llm-spawner", "test-runner", "staging-runner", "deploy-finalizer", "all", "test",
    "install",     "clean",       "help",           "package"};

std::optional<std::string> wrong_with(const std::string& name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool spelled = !name.empty() && name.size() <= k_longest_name && name[0] >= 'a' &&
                       name[0] <= 'z' && name.back() != '-' &&
                       std::all_of(name.begin(), name.end(), is_fine);
  if (!spelled)
    return "a name is at most 40 of a-z, 0-9 and '-', begins with a letter and does not end with "
           "'-', such as lint-gate";
  if (std::find(k_taken.begin(), k_taken.end(), name) == k_taken.end()) return std::nullopt;
  return "the name " + name + " is taken; choose another, such as my-" + name;
}

// "lint-gate" → "LintGate"
std::string class_name(const std::string& name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c != '-')
      camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '-';
  }
  return camel;
}

std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Which of the skeletons, and what it does, for the README.
struct Kind {
  std::string_view folder;
  std::string_view about;
};
constexpr Kind k_judge{"judge",
                       "As it stands it counts what is marked FIXME in the commit under judgement "
                       "and sends the work back where that is too much."};
constexpr Kind k_write{"write", "As it stands it writes the artifacts of the stage as a form."};
constexpr Kind k_change{"change", "As it stands it removes blanks at the ends of lines."};

const Kind& kind_of(const StageRule& rule) {
  if (!rule.verdict_key.empty()) return k_judge;
  return rule.intake == Intake::commits ? k_change : k_write;
}

std::string token_of(const StageRule& rule, VerdictMeaning meaning) {
  for (const VerdictToken& token : rule.tokens) {
    if (token.meaning == meaning) return std::string(token.token);
  }
  return "";
}

using Marks = std::vector<std::pair<std::string, std::string>>;

std::string filled_in(std::string text, const Marks& marks) {
  for (const auto& [mark, value] : marks) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }
  return text;
}

// Where a file of the skeleton goes; empty: it belongs to another kind.
fs::path place_of(std::string_view file, const Kind& kind, const std::string& name) {
  const std::size_t slash = file.find('/');
  if (slash == std::string_view::npos) return file;
  if (file.substr(0, slash) != kind.folder) return {};
  const std::string_view own = file.substr(slash + 1);
  if (own == "plugin.cpp") return file_name(name) + ".cpp";
  return own == "task.yaml" ? fs::path("tests/fixtures/task.yaml") : fs::path(own);
}

Status write_project(const fs::path& folder, const std::string& name, const StageRule& rule) {
  const Kind& kind = kind_of(rule);
  const Marks marks{{"@NAME@", name},
                    {"@FILE@", file_name(name)},
                    {"@CLASS@", class_name(name)},
                    {"@STAGE@", std::string(to_string(rule.stage))},
                    {"@VERDICT_KEY@", std::string(rule.verdict_key)},
                    {"@PASS@", token_of(rule, VerdictMeaning::pass)},
                    {"@FAIL@", token_of(rule, VerdictMeaning::fail)},
                    {"@ABOUT@", std::string(kind.about)}};
  std::error_code error;
  for (const SkeletonFile& file : k_skeleton) {
    const fs::path place = place_of(file.name, kind, name);
    if (place.empty()) continue;
    fs::create_directories((folder / place).parent_path(), error);
    if (error) return Error{ErrorKind::io, (folder / place).string() + ": " + error.message()};
    ORC_CHECK_OK(write_new_file(folder / place, filled_in(std::string(file.text), marks), k_mode));
  }
  return Done{};
}

}  // namespace

int plugin_new(const cli::PluginNewOptions& options) {
  if (const auto wrong = wrong_with(options.name)) return fail(ExitCode::usage, *wrong);
  const auto stage = parse_stage(options.stage);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (rule == nullptr) {
    std::vector<std::string> known;
    for (const StageRule& each : STAGE_TRANSITIONS) known.emplace_back(to_string(each.stage));
    const auto near = nearest(options.stage, known);
    return fail(ExitCode::usage, "nothing is produced at a stage \"" + options.stage + "\"" +
                                     (near ? ", did you mean \"" + *near + "\"?" : "") +
                                     "\n  one of: " + join(known, ", "));
  }
  const fs::path folder = options.dir.value_or(fs::current_path()) / options.name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)))
    return fail(ExitCode::no,
                folder.string() + " is there already\n  choose another name or --dir");
  if (const Status written = write_project(folder, options.name, *rule); !written.ok()) {
    (void)remove_tree(folder);
    return fail(ExitCode::unusable, written.error().message);
  }
  std::printf("wrote %s\n  cd %s && cmake --workflow --preset dev\n", folder.c_str(),
              folder.c_str());
  return to_int(ExitCode::done);
}

}  // namespace orc::app
