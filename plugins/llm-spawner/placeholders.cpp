// SPDX-License-Identifier: Apache-2.0
#include "placeholders.h"

#include <algorithm>

#include "text.h"

namespace llm_spawner {
namespace {

constexpr std::string_view k_open = "{{";
constexpr std::string_view k_close = "}}";

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(' ') - start + 1);
}

// A stretch of plain text, or a name.
struct Piece {
  enum class Kind { text, name, unclosed };
  Kind kind = Kind::text;
  std::string_view text;
};

std::vector<Piece> split(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t open = text.find(k_open);
    if (open != 0) pieces.push_back({Piece::Kind::text, text.substr(0, open)});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find(k_close, open);
    if (close == std::string_view::npos) {
      pieces.push_back({Piece::Kind::unclosed, text.substr(open)});
      break;
    }
    pieces.push_back({Piece::Kind::name, trim(text.substr(open + 2, close - open - 2))});
    text.remove_prefix(close + 2);
  }
  return pieces;
}

}  // namespace

const std::vector<std::string_view>& argument_names() {
  static const std::vector<std::string_view> names{
      "prompt", "prompt_file",  "role.name", "role.model", "role.effort", "worktree",  "work_item",
      "stage",  "artifact_dir", "home",      "run_id",     "provider",    "session_id"};
  return names;
}

std::optional<std::string> check_placeholders(const std::string& key,
                                              const std::vector<std::string>& texts) {
  const auto& names = argument_names();
  for (const std::string& text : texts) {
    for (const Piece& piece : split(text)) {
      if (piece.kind == Piece::Kind::unclosed) {
        return key + ": \"" + text + "\": \"{{\" is not closed";
      }
      if (piece.kind != Piece::Kind::name) continue;
      if (std::find(names.begin(), names.end(), piece.text) != names.end()) continue;
      return key + ": unknown placeholder {{" + std::string(piece.text) + "}}" +
             suggestion(piece.text, names);
    }
  }
  return std::nullopt;
}

bool uses(const std::vector<std::string>& arguments, std::string_view name) {
  for (const std::string& argument : arguments) {
    for (const Piece& piece : split(argument)) {
      if (piece.kind == Piece::Kind::name && piece.text == name) return true;
    }
  }
  return false;
}

std::string expand(std::string_view text, const Values& values) {
  std::string out;
  for (const Piece& piece : split(text)) {
    if (piece.kind != Piece::Kind::name) {
      out += piece.text;
      continue;
    }
    const auto value = values.find(piece.text);
    if (value != values.end()) out += value->second;
  }
  return out;
}

}  // namespace llm_spawner
