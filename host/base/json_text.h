// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace orc {

// Adds `text`, which is UTF-8, as a JSON string with its quotes (RFC 8259, section 7). For lines
// that are written all the time: a library's document costs more than the line.
void append_json_string(std::string& line, std::string_view text);

}  // namespace orc
