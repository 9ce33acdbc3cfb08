// SPDX-License-Identifier: Apache-2.0
#include "domain/event_chain.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace orc {

namespace {

// Big-endian, as a hash in a manual would have it.
void add_number(std::string& bytes, std::int64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFF);
  }
}

void add_text(std::string& bytes, std::string_view text) {
  add_number(bytes, static_cast<std::int64_t>(text.size()));
  bytes += text;
}

}  // namespace

const Sha256& chain_genesis() {
  static const Sha256 genesis = sha256("orchestrator event chain, genesis");
  return genesis;
}

Sha256 chain_hash(const Sha256& previous, const Event& event) {
  std::string bytes;
  bytes.reserve(previous.size() + 56 + event.kind.size() + event.actor.size() + event.text.size() +
                event.data.size());
  bytes.append(reinterpret_cast<const char*>(previous.data()), previous.size());
  add_number(bytes, event.id.value);
  add_number(bytes, event.task.value);
  add_text(bytes, event.kind);
  add_text(bytes, event.actor);
  add_text(bytes, event.text);
  add_text(bytes, event.data);
  add_number(bytes, event.at.ms);
  return sha256(bytes);
}

}  // namespace orc
