// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <algorithm>
#include <array>

namespace deploy_finalizer {
namespace {

constexpr std::size_t k_least_secret = 8;

char shown(char c) {
  return c >= ' ' && c <= '~' ? c : '?';
}

bool names_a_secret(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  constexpr std::array<std::string_view, 5> k_words{"key", "token", "secret", "password",
                                                    "credential"};
  return std::any_of(k_words.begin(), k_words.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

}  // namespace

std::string trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return std::string(text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1));
}

std::string printable(std::string_view text, std::size_t cap) {
  std::string out(text.substr(0, cap));
  std::transform(out.begin(), out.end(), out.begin(), shown);
  return out;
}

std::string code_block(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c == '\n' || c == '\t' ? c : shown(c);
    if (c == '\n') out += "    ";
  }
  return out + "\n";
}

std::string without_secrets(std::string text,
                            const std::vector<std::pair<std::string, std::string>>& env) {
  constexpr std::string_view k_mask = "***";
  for (const auto& [name, value] : env) {
    if (value.size() < k_least_secret || !names_a_secret(name)) continue;
    for (std::size_t at = text.find(value); at != std::string::npos;
         at = text.find(value, at + k_mask.size())) {
      text.replace(at, value.size(), k_mask);
    }
  }
  return text;
}

}  // namespace deploy_finalizer
