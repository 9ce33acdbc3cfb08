// SPDX-License-Identifier: Apache-2.0
#include "git/planted.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/text.h"

namespace orc::git {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_largest_config = 1 << 20;

struct Setting {
  std::string section;  // lower case
  std::string subsection;
  std::string key;  // lower case
  std::string value;

  std::string name() const {
    return section + (subsection.empty() ? "" : "." + subsection) + "." + key;
  }
};

// The lines of a configuration file (git-config(1), SYNTAX) as far as telling them apart needs:
// what cannot be read as a setting is one with an empty section.
std::vector<Setting> parse(std::string_view text) {
  std::vector<Setting> settings;
  std::string section;
  std::string subsection;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('[')) {
      const std::size_t end = line.find(']');
      const std::string_view head = line.substr(1, end == std::string_view::npos ? end : end - 1);
      const std::size_t quote = head.find('"');
      section = lower(trim(head.substr(0, quote)));
      subsection.clear();
      if (quote != std::string_view::npos) {
        const std::string_view rest = head.substr(quote + 1);
        subsection = rest.substr(0, rest.rfind('"'));
      } else if (const std::size_t dot = section.find('.'); dot != std::string::npos) {
        subsection = section.substr(dot + 1);
        section.resize(dot);
      }
      line = end == std::string_view::npos ? std::string_view() : trim(line.substr(end + 1));
    }
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    const std::size_t equals = line.find('=');
    settings.push_back(
        {section, subsection, lower(trim(line.substr(0, equals))),
         std::string(equals == std::string_view::npos ? "" : trim(line.substr(equals + 1)))});
  }
  return settings;
}

// Sections, and keys within a section, that make git run, read or write something else. An empty
// key: every one of the section.
struct Trap {
  std::string_view section;
  std::string_view key;
};
constexpr std::array k_traps{
    Trap{"", ""},
    Trap{"include", ""},
    Trap{"includeif", ""},
    Trap{"url", ""},
    Trap{"credential", ""},
    Trap{"extensions", ""},
    Trap{"filter", ""},
    Trap{"uploadpack", ""},
    Trap{"receive", ""},
    Trap{"core", "fsmonitor"},
    Trap{"core", "sshcommand"},
    Trap{"core", "gitproxy"},
    Trap{"core", "worktree"},
    Trap{"core", "pager"},
    Trap{"core", "editor"},
    Trap{"core", "askpass"},
    Trap{"core", "alternaterefscommand"},
    Trap{"core", "attributesfile"},
    Trap{"core", "bare"},
    Trap{"diff", "external"},
    Trap{"diff", "command"},
    Trap{"diff", "textconv"},
    Trap{"merge", "driver"},
    Trap{"gpg", "program"},
    Trap{"remote", "uploadpack"},
    Trap{"remote", "receivepack"},
    Trap{"remote", "vcs"},
    Trap{"remote", "proxy"},
    Trap{"remote", "promisor"},
    Trap{"http", "proxy"},
    Trap{"http", "sslverify"},
    Trap{"submodule", "update"},
    Trap{"sendemail", ""},
    Trap{"pager", ""},
    Trap{"trailer", "command"},
    Trap{"trailer", "cmd"},
};
// Settings that change nothing about what git runs; the host wrote some of them itself.
constexpr std::array<std::string_view, 19> k_inert{
    "advice", "author",      "branch", "color",  "column", "commit", "committer",
    "fetch",  "gc",          "init",   "log",    "merge",  "pull",   "push",
    "rebase", "maintenance", "rerere", "status", "user"};
constexpr std::array<std::string_view, 7> k_inert_core{"repositoryformatversion",
                                                       "filemode",
                                                       "bare",
                                                       "logallrefupdates",
                                                       "symlinks",
                                                       "ignorecase",
                                                       "autocrlf"};

// git-lfs installs itself as a filter of this name and no other command.
bool is_lfs(const Setting& setting) {
  return setting.section == "filter" && setting.subsection == "lfs" &&
         (setting.value.starts_with("git-lfs ") || setting.key == "required");
}

bool is_trap(const Setting& setting) {
  if (is_lfs(setting)) return false;
  if (setting.section == "core" && setting.key == "bare") return lower(setting.value) != "false";
  if (setting.section == "alias") return setting.value.find('!') != std::string::npos;
  return std::any_of(k_traps.begin(), k_traps.end(), [&](const Trap& trap) {
    return setting.section == trap.section && (trap.key.empty() || setting.key == trap.key);
  });
}

bool is_inert(const Setting& setting) {
  const auto holds = [](const auto& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  if (setting.section == "core") return holds(k_inert_core, setting.key);
  if (setting.section == "remote") return setting.key == "url" || setting.key == "fetch";
  return holds(k_inert, setting.section) || setting.section == "alias";
}

void look_at_configuration(const fs::path& git_dir, Planted& planted) {
  const auto text = read_beneath(git_dir, "config", k_largest_config);
  if (!text.ok()) {
    planted.traps.push_back("config (" + text.error().message + ")");
    return;
  }
  for (const Setting& setting : parse(text.value())) {
    if (is_trap(setting)) {
      planted.traps.push_back("config " + printable(to_utf8(setting.name())));
    } else if (!is_inert(setting)) {
      planted.oddities.push_back("config " + printable(to_utf8(setting.name())));
    }
  }
}

void look_for(const fs::path& git_dir, std::string_view name, std::vector<std::string>& found) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(git_dir / name, error))) found.emplace_back(name);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return names;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Planted find_planted(const fs::path& clone) {
  Planted planted;
  const fs::path git_dir = clone / ".git";
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(git_dir, error))) {
    planted.traps.emplace_back(".git is no folder any more");
    return planted;
  }
  look_at_configuration(git_dir, planted);
  for (const char* name : {"config.worktree", "commondir", "gitdir", "objects/info/alternates",
                           "objects/info/http-alternates", "info/grafts", "shallow"}) {
    look_for(git_dir, name, planted.traps);
  }
  look_for(git_dir, "info/attributes", planted.oddities);
  for (const char* name : {"HEAD", "index", "hooks", "refs", "objects"}) {
    if (fs::is_symlink(fs::symlink_status(git_dir / name, error))) {
      planted.traps.push_back(std::string(name) + " is a link");
    }
  }
  for (const std::string& name : names_in(git_dir / "hooks")) {
    if (!name.ends_with(".sample")) planted.oddities.push_back("hooks/" + printable(to_utf8(name)));
  }
  return planted;
}

std::string bare_state(const fs::path& bare) {
  std::string state;
  for (const char* name :
       {"HEAD", "config", "config.worktree", "info/attributes", "objects/info/alternates"}) {
    const auto text = read_beneath(bare, name, k_largest_config);
    state += std::string(name) + "=" + (text.ok() ? text.value() : "") + '\0';
  }
  for (const std::string& name : names_in(bare / "hooks")) state += name + '\0';
  return state;
}

}  // namespace orc::git
