// SPDX-License-Identifier: Apache-2.0
#include "artifacts/frontmatter.h"

#include <algorithm>
#include <cstdint>

#include "artifacts/frontmatter_value.h"
#include "base/text.h"

namespace orc::artifacts {

namespace {

constexpr std::string_view k_marker = "---";

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

Error at_line(int line, const std::string& text) {
  return Error{ErrorKind::malformed, "line " + std::to_string(line) + ": " + text};
}

// Takes the next line off `rest`, without its \n.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// Reads the lines between the markers.
class BlockReader {
 public:
  Status read(std::string_view line, int number) {
    number_ = number;
    Status fine = read_line(line);
    if (fine.ok()) return fine;
    return at_line(number, fine.error().message);
  }

  std::vector<Field> take() && { return std::move(fields_); }

 private:
  // What may stand below the last field, and how deep its lines must be indented.
  enum class Open : std::uint8_t { nothing, anything, items, members, literal };

  static Error refuse(std::string text) { return Error{ErrorKind::malformed, std::move(text)}; }

  Status read_line(std::string_view line) {
    if (!is_utf8(line)) return refuse("not valid UTF-8");
    if (const auto name = forbidden_character(line)) return refuse("the character " + *name);
    if (line.empty()) return Done{};
    if (trim(line).empty()) return refuse("a line of spaces only");
    if (line.front() == ' ' || line.substr(0, 2) == "- ") return read_below(line);
    open_ = Open::nothing;
    if (line.front() == '#') return Done{};
    return read_field(line);
  }

  Status read_field(std::string_view line) {
    const std::string_view key = key_of(line);
    if (key.empty()) return refuse("not a `key: value` line");
    for (const Field& field : fields_) {
      if (equal_but_for_case(field.key, key))
        return refuse("the key `" + std::string(key) + "` stands already in line " +
                      std::to_string(field.line));
    }
    ORC_TRY(Value value, read_value(line.substr(key.size() + 1)));
    if (value.structured && value.text.empty()) open_ = Open::anything;
    if (value.structured && !value.text.empty() && (value.text[0] == '|' || value.text[0] == '>'))
      open_ = Open::literal;
    indent_ = 0;
    fields_.push_back(Field{std::string(key), std::move(value.text), number_, value.structured});
    return Done{};
  }

  Status read_below(std::string_view line) {
    const std::size_t indent = line.find_first_not_of(' ');
    const std::string_view text = trim(line);
    const bool first = open_ == Open::anything || (open_ == Open::literal && indent_ == 0);
    if (first) indent_ = indent;
    if (open_ == Open::anything) open_ = text.substr(0, 2) == "- " ? Open::items : Open::members;
    switch (open_) {
      case Open::nothing:
      case Open::anything:
        return refuse("a continued line; a value ends on its own line");
      case Open::literal:
        if (indent < indent_ || indent == 0) return refuse("text that leaves its block");
        break;
      case Open::items:
        if (indent != indent_ || text.substr(0, 2) != "- ")
          return refuse("not an item of the list");
        ORC_CHECK_OK(check_block_value(text.substr(2)));
        break;
      case Open::members: {
        const std::string_view key = key_of(text);
        if (indent != indent_ || key.empty()) return refuse("not a `key: value` line of the block");
        ORC_CHECK_OK(check_block_value(text.substr(key.size() + 1)));
        break;
      }
    }
    fields_.back().value += '\n';
    fields_.back().value += line;
    return Done{};
  }

  std::vector<Field> fields_;
  Open open_ = Open::nothing;
  std::size_t indent_ = 0;
  int number_ = 0;
};

// "```" or longer, or "~~~": the run that opens or closes a code fence; empty for other lines.
std::string_view fence_of(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return {};
  line.remove_prefix(indent);
  const char mark = line.front();
  if (mark != '`' && mark != '~') return {};
  const std::string_view run = line.substr(0, std::min(line.find_first_not_of(mark), line.size()));
  return run.size() >= 3 ? run : std::string_view{};
}

bool closes(std::string_view line, std::string_view fence, std::string_view open) {
  return !fence.empty() && fence.front() == open.front() && fence.size() >= open.size() &&
         trim(line).size() == fence.size();
}

// Whether `rest`, behind a `---` line, reads as fields up to another `---` line.
bool reads_as_block(std::string_view rest) {
  int fields = 0;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (trim(line) == k_marker) return fields > 0;
    if (trim(line).empty()) continue;
    if (key_of(line).empty()) return false;
    ++fields;
  }
  return false;
}

// Where in `body` a `---` line starts a further block, outside code fences.
std::vector<std::size_t> further_blocks(std::string_view body) {
  std::vector<std::size_t> found;
  std::string_view rest = body;
  std::string_view open;
  while (!rest.empty()) {
    const std::size_t at = body.size() - rest.size();
    const std::string_view line = take_line(rest);
    const std::string_view fence = fence_of(line);
    if (!open.empty()) {
      if (closes(line, fence, open)) open = {};
      continue;
    }
    open = fence;
    if (trim(line) == k_marker && reads_as_block(rest)) found.push_back(at);
  }
  return found;
}

}  // namespace

Result<Frontmatter> Frontmatter::parse(std::string_view file) {
  if (file.size() > k_max_artifact_bytes)
    return at_line(1, "the file is larger than " + std::to_string(k_max_artifact_bytes) + " bytes");
  std::string_view rest = file;
  if (take_line(rest) != k_marker || rest.empty())
    return at_line(1, "the file does not begin with a `---` line");

  BlockReader reader;
  for (int number = 2;; ++number) {
    if (rest.empty()) return at_line(number, "the block has no closing `---` line");
    const std::string_view line = take_line(rest);
    if (file.size() - rest.size() > k_max_frontmatter_bytes)
      return at_line(
          number, "the block is larger than " + std::to_string(k_max_frontmatter_bytes) + " bytes");
    if (line == k_marker) {
      const std::string_view next = rest.substr(0, rest.find('\n'));
      if (!key_of(next).empty()) return at_line(number + 1, "a second document behind the block");
      break;
    }
    if (Status fine = reader.read(line, number); !fine.ok()) return std::move(fine).error();
  }
  if (const auto further = further_blocks(rest); !further.empty()) {
    const std::string_view before = file.substr(0, file.size() - rest.size() + further.front());
    return at_line(static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
                   "a second frontmatter block");
  }
  Frontmatter result;
  result.fields_ = std::move(reader).take();
  return result;
}

const Field* Frontmatter::find(std::string_view key) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

Result<std::string> Frontmatter::scalar(std::string_view key) const {
  const Field* const field = find(key);
  if (field == nullptr) return Error{ErrorKind::not_found, "no `" + std::string(key) + "` field"};
  if (field->structured)
    return at_line(field->line, "`" + std::string(key) + "` is not a single word or text");
  return field->value;
}

std::string write_artifact(const std::vector<std::pair<std::string, std::string>>& fields,
                           std::string_view body) {
  std::string file = "---\n";
  for (const auto& [key, value] : fields) file += key + ": " + spell_value(value) + '\n';
  file += "---\n\n";
  std::string text(body);
  for (const std::size_t at : further_blocks(body))
    text.replace(text.find(k_marker, at), k_marker.size(), "***");
  file += text;
  if (file.back() != '\n') file += '\n';
  return file;
}

}  // namespace orc::artifacts
