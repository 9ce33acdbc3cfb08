// SPDX-License-Identifier: Apache-2.0
// The board's files, and its templates filled in. Every value is escaped for HTML on its way into a
// page: a template has no way to say otherwise, which a test shows. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/views/views.h"

namespace orc::http {

// Of host/http/board/; empty: there is no such file.
std::string_view board_file(std::string_view name);

std::string fill_in(std::string_view mustache_template, const views::Json& values);

}  // namespace orc::http
