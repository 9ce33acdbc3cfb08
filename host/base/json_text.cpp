// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

namespace orc {

void append_json_string(std::string& line, std::string_view text) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      line += "\\u00";
      line += k_digits[static_cast<unsigned char>(c) >> 4];
      line += k_digits[static_cast<unsigned char>(c) & 0xF];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace orc
