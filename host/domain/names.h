// SPDX-License-Identifier: Apache-2.0
// Which names the host accepts from outside. Every name that reaches a path, a ref or a command
// line passes here first; the answer names the rule that was broken. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace orc {

// A work item's id, also a folder name: [A-Za-z0-9][A-Za-z0-9_-]{0,63}.
Status check_work_item_id(std::string_view id);
// A repository's short name: [a-z0-9][a-z0-9._-]{0,63}, no "..".
Status check_repo_name(std::string_view name);
// The short name of a repository that the configuration does not know: the last component of its
// path or URL, made to fit, and a part of the whole's hash, so that two repositories never share
// one.
std::string name_of_repository(std::string_view url);
// A branch: [A-Za-z0-9][A-Za-z0-9._/-]{0,120}; no "..", "//", "@{", no component that starts with
// '.' or ends in ".lock", no trailing '/' or '.', not HEAD. Stricter than git-check-ref-format,
// which accepts shell syntax and leading dashes.
Status check_branch_name(std::string_view name);
// A full object id: 40 or 64 lower-case hex digits.
bool is_object_id(std::string_view text);

}  // namespace orc
