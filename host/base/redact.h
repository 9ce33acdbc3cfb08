// SPDX-License-Identifier: Apache-2.0
// The secrets that this process knows, and texts without them. Whatever leaves the process as text
// (log, job folder, artifact, HTTP answer) goes through here. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace orc {

// A shorter one would tear holes into ordinary words; it is not kept out of anything.
constexpr std::size_t k_least_secret = 8;

// Known from now on to the end of the process, in every form it may take on its way: as it is,
// within JSON, percent-encoded, in hex, and in base64 at any of the three places it can begin. Of a
// text of several lines every long line counts too: an agent prints a key file line by line.
void keep_secret(std::string_view value);

// The text with *** for each. Inside a JSON text the result is JSON still.
std::string redacted(std::string text);

// The same for a text that comes in pieces: what might be the beginning of a secret is held back.
// Not thread-safe.
class RedactedStream {
 public:
  // What can be passed on now.
  std::string append(std::string_view piece);
  // The rest, at the end.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace orc
