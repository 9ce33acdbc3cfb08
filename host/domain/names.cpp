// SPDX-License-Identifier: Apache-2.0
#include "domain/names.h"

#include <algorithm>
#include <string>

#include "base/digest.h"
#include "base/text.h"

namespace orc {

namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error refused(std::string_view what, std::string_view name, std::string_view why) {
  return Error{ErrorKind::refused, std::string(what) + " \"" + printable(name.substr(0, 150)) +
                                       "\": " + std::string(why)};
}

Status check_alphabet(std::string_view what, std::string_view name, std::string_view extra,
                      std::size_t max_length) {
  if (name.empty()) return refused(what, name, "is empty");
  if (name.size() > max_length) {
    return refused(what, name, "is longer than " + std::to_string(max_length) + " characters");
  }
  if (!is_alnum(name.front())) return refused(what, name, "must start with a letter or a digit");
  for (const char c : name) {
    if (!is_alnum(c) && extra.find(c) == std::string_view::npos) {
      return refused(what, name,
                     "may hold letters, digits and " + std::string(extra) + " only, not \"" +
                         printable(std::string_view(&c, 1)) + "\"");
    }
  }
  return Done{};
}

}  // namespace

Status check_work_item_id(std::string_view id) {
  return check_alphabet("work item", id, "_-", 64);
}

Status check_repo_name(std::string_view name) {
  ORC_CHECK_OK(check_alphabet("repository", name, "._-", 64));
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return refused("repository", name, "must be lower case");
  }
  if (name.find("..") != std::string_view::npos) return refused("repository", name, "holds \"..\"");
  return Done{};
}

std::string name_of_repository(std::string_view url) {
  constexpr std::size_t k_readable = 40;
  constexpr std::size_t k_exact = 8;
  std::string_view last = url;
  while (last.ends_with('/')) last.remove_suffix(1);
  last.remove_prefix(last.find_last_of("/:") + 1);
  if (last.ends_with(".git")) last.remove_suffix(4);
  std::string name;
  for (const char c : last.substr(0, k_readable)) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    name += is_alnum(lower) || lower == '_' ? lower : '-';
  }
  if (name.empty() || !is_alnum(name.front())) name.insert(0, "repo");
  return name + "-" + sha256_hex(url).substr(0, k_exact);
}

Status check_branch_name(std::string_view name) {
  ORC_CHECK_OK(check_alphabet("branch", name, "._/-", 121));
  if (name == "HEAD") return refused("branch", name, "is a reserved name");
  for (const std::string_view part : split(name, '/')) {
    if (part.empty()) return refused("branch", name, "has an empty component");
    if (part.front() == '.' || part.front() == '-') {
      return refused("branch", name, "has a component that starts with '.' or '-'");
    }
    if (part.ends_with(".lock"))
      return refused("branch", name, "has a component that ends in .lock");
    if (part.ends_with('.')) return refused("branch", name, "has a component that ends in '.'");
    if (part.find("..") != std::string_view::npos) return refused("branch", name, "holds \"..\"");
  }
  return Done{};
}

bool is_object_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace orc
