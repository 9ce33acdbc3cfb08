// SPDX-License-Identifier: Apache-2.0
// The fixed script that runs outside the service: `/bin/sh -c SCRIPT orch-deploy FOLDER ID LIMIT
// GRACE COMMAND ARGUMENT…`. The command comes as arguments and is never pasted into the text.
//
//   FOLDER/lock      held (flock) while the script or the command's time limit lives, so that a
//                    reused process id cannot pass for it; never by the command or its services
//   FOLDER/started   a folder: whoever makes it runs the command, so that it runs at most once
//   FOLDER/output    what the command printed
//   FOLDER/result    one line, written whole and synced: "ID exit N", or "ID program-missing" if
//                    nothing was executed. The id is the deployment's: a result that was left by
//                    another one, or copied there, is not read as this one's
//
// The command has LIMIT seconds; then its process group gets SIGTERM and, GRACE seconds later,
// SIGKILL (coreutils' timeout, which says so with 124 and 137). A service that the command started
// in a session of its own goes on.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace deploy_finalizer {

inline constexpr char k_wrapper_script[] = R"sh(
dir=$1 id=$2 limit=$3 grace=$4
shift 4
umask 077
trap '' HUP
finish() {
  printf '%s %s\n' "$id" "$1" > "$dir/result.tmp" && sync "$dir/result.tmp" && mv "$dir/result.tmp" "$dir/result" && sync "$dir"
}
command -v flock > /dev/null && command -v timeout > /dev/null || exit 74
exec 9> "$dir/lock" || exit 74
flock -w 30 9 || exit 75
[ ! -e "$dir/result" ] || exit 0
mkdir "$dir/started" || exit 0
sync "$dir"
if ! command -v "$1" > /dev/null; then
  finish "program-missing"
  exit
fi
timeout -k "$grace" "$limit" /bin/sh -c 'exec 9>&-; exec "$@"' sh "$@" > "$dir/output" 2>&1 < /dev/null
finish "exit $?"
)sh";

struct WrapperLimits {
  std::chrono::milliseconds limit;
  std::chrono::milliseconds grace;
};

// As timeout(1) takes it: 0 would mean no limit at all.
inline std::string seconds_argument(std::chrono::milliseconds time) {
  const std::string ms = std::to_string(1000 + std::max<long long>(time.count(), 1) % 1000);
  return std::to_string(time.count() / 1000) + "." + ms.substr(1);
}

inline std::vector<std::string> wrapper_argv(const std::string& folder, const std::string& id,
                                             const WrapperLimits& limits,
                                             const std::vector<std::string>& command) {
  std::vector<std::string> argv{"/bin/sh",
                                "-c",
                                k_wrapper_script,
                                "orch-deploy",
                                folder,
                                id,
                                seconds_argument(limits.limit),
                                seconds_argument(limits.grace)};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

}  // namespace deploy_finalizer
