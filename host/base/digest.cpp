// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

// The algorithms themselves: the one-shot functions of OpenSSL 3 start its provider machinery,
// which costs a worker more than all its hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>

namespace orc {

namespace {

std::string hex_of(std::span<const unsigned char> bytes) {
  static constexpr std::string_view k_digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    hex += k_digits[byte >> 4];
    hex += k_digits[byte & 0xF];
  }
  return hex;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  static_assert(std::tuple_size_v<Sha256> == SHA256_DIGEST_LENGTH);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::string to_hex(const Sha256& digest) {
  return hex_of(digest);
}

std::string sha256_hex(std::string_view bytes) {
  return hex_of(sha256(bytes));
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  constexpr std::size_t k_block = 64;
  std::array<unsigned char, k_block> padded{};
  if (key.size() > k_block) {
    const Sha256 shortened = sha256(key);
    std::copy(shortened.begin(), shortened.end(), padded.begin());
  } else {
    std::copy(key.begin(), key.end(), padded.begin());
  }
  const auto with_pad = [&](unsigned char pad) {
    std::string text;
    for (const unsigned char byte : padded) text += static_cast<char>(byte ^ pad);
    return text;
  };
  const Sha256 inner = sha256(with_pad(0x36).append(bytes));
  return sha256_hex(
      with_pad(0x5c).append(reinterpret_cast<const char*>(inner.data()), inner.size()));
}

bool same_digest(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
  return difference == 0;
}

std::string sha1_hex(std::string_view bytes) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  SHA1_Final(digest.data(), &context);
  return hex_of(digest);
}

std::string random_hex(std::size_t bytes) {
  std::string buffer(bytes, '\0');
  std::size_t used = 0;
  while (used < bytes) {
    const ssize_t got = ::getrandom(buffer.data() + used, bytes - used, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) used += static_cast<std::size_t>(got);
  }
  return hex_of({reinterpret_cast<const unsigned char*>(buffer.data()), buffer.size()});
}

}  // namespace orc
