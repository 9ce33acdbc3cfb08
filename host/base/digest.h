// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace orc {

using Sha256 = std::array<unsigned char, 32>;
// SHA-256 (FIPS 180-4).
Sha256 sha256(std::string_view bytes);
std::string to_hex(const Sha256& digest);
// SHA-256 as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
// HMAC-SHA-256 (RFC 2104) as 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);
// In a time that does not tell where they differ.
bool same_digest(std::string_view one, std::string_view other);
// SHA-1 as 40 lower-case hex digits: only for naming git objects the way git does.
std::string sha1_hex(std::string_view bytes);
// `bytes` random bytes from the kernel, as hex digits.
std::string random_hex(std::size_t bytes);

}  // namespace orc
