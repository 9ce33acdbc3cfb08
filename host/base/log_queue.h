// SPDX-License-Identifier: Apache-2.0
// A line of the log, and how it gets to stderr: at once, or through the queue of a LogWriter. Any
// thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/log.h"

namespace orc {

std::string log_line(LogLevel level, std::string_view id, std::string_view text,
                     std::initializer_list<LogField> fields);
void put_line(std::string line);

}  // namespace orc
