// SPDX-License-Identifier: Apache-2.0
// Foreign output on its way into messages and the deploy log. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deploy_finalizer {

std::string trimmed(std::string_view text);
// One line of ASCII; every other byte becomes '?', at most `cap` bytes.
std::string printable(std::string_view text, std::size_t cap);
// Indented by four, so that nothing in it can end the block it stands in; other control characters
// and non-ASCII bytes become '?'.
std::string code_block(std::string_view text);
// `text` without the values of names that sound like secrets.
std::string without_secrets(std::string text,
                            const std::vector<std::pair<std::string, std::string>>& env);

}  // namespace deploy_finalizer
