// SPDX-License-Identifier: Apache-2.0
// The fixed script that runs outside the service: `/bin/sh -c SCRIPT orch-deploy FOLDER COMMAND
// ARGUMENT…`. The command comes as arguments and is never pasted into the text.
//
//   FOLDER/lock      held (flock) while the script lives, so a reused process id cannot pass for it
//   FOLDER/started   a folder: whoever makes it runs the command, so that it runs at most once
//   FOLDER/output    what the command printed
//   FOLDER/result    one line, written whole and synced: "exit N", or
//                    "program-missing" if nothing was executed
#pragma once

#include <string>
#include <vector>

namespace deploy_finalizer {

inline constexpr char k_wrapper_script[] = R"sh(
dir=$1
shift
umask 077
trap '' HUP
finish() {
  printf '%s\n' "$1" > "$dir/result.tmp" && sync "$dir/result.tmp" && mv "$dir/result.tmp" "$dir/result" && sync "$dir"
}
command -v flock > /dev/null || exit 74
exec 9> "$dir/lock" || exit 74
flock -w 30 9 || exit 75
[ ! -e "$dir/result" ] || exit 0
mkdir "$dir/started" || exit 0
sync "$dir"
if ! command -v "$1" > /dev/null; then
  finish "program-missing"
  exit
fi
"$@" 9>&- > "$dir/output" 2>&1 < /dev/null
finish "exit $?"
)sh";

inline std::vector<std::string> wrapper_argv(const std::string& folder,
                                             const std::vector<std::string>& command) {
  std::vector<std::string> argv{"/bin/sh", "-c", k_wrapper_script, "orch-deploy", folder};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

}  // namespace deploy_finalizer
