// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace orc {

namespace {

constexpr std::string_view k_mask = "***";
constexpr std::string_view k_hex_digits[] = {"0123456789abcdef", "0123456789ABCDEF"};
constexpr std::string_view k_base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Longest first, so that no form is cut in two by a shorter one.
using Forms = std::vector<std::string>;
std::atomic<std::shared_ptr<const Forms>> g_forms;
std::mutex g_adding;

unsigned byte_of(char c) {
  return static_cast<unsigned char>(c);
}

std::string hex(std::string_view text, std::string_view digits, std::string_view before) {
  std::string out;
  for (const char c : text) {
    out += before;
    out += digits[byte_of(c) >> 4U];
    out += digits[byte_of(c) & 15U];
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

// `also`: what an encoder may leave as it is, beside the unreserved characters of RFC 3986.
std::string percent_encoded(std::string_view text, std::string_view digits,
                            std::string_view also) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && also == "+") {
      out += '+';
    } else if (is_unreserved(c) || also.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += hex(std::string_view(&c, 1), digits, "%");
    }
  }
  return out;
}

std::string json_escaped(std::string_view text, bool slashes) {
  static constexpr std::array<std::pair<char, char>, 7> k_short{{{'"', '"'},
                                                                 {'\\', '\\'},
                                                                 {'\n', 'n'},
                                                                 {'\r', 'r'},
                                                                 {'\t', 't'},
                                                                 {'\b', 'b'},
                                                                 {'\f', 'f'}}};
  std::string out;
  for (const char c : text) {
    const auto* found = std::find_if(k_short.begin(), k_short.end(),
                                     [c](const auto& pair) { return pair.first == c; });
    if (found != k_short.end()) {
      out += '\\';
      out += found->second;
    } else if (byte_of(c) < 0x20) {
      out += hex(std::string_view(&c, 1), k_hex_digits[0], "\\u00");
    } else if (c == '/' && slashes) {
      out += "\\/";
    } else {
      out += c;
    }
  }
  return out;
}

// What stays the same of the base64 text wherever in it the secret begins: without the characters
// that also hold bits of its neighbours.
std::string base64_core(std::string_view text, std::size_t offset) {
  const std::string shifted = std::string(offset, '\0') + std::string(text);
  std::string out;
  for (std::size_t bit = 0; bit + 6 <= shifted.size() * 8; bit += 6) {
    if (bit < offset * 8) continue;
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      value = value * 2 + ((byte_of(shifted[i / 8]) >> (7 - i % 8)) & 1U);
    }
    out += k_base64[value];
  }
  return out;
}

std::string url_safe(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

void add_forms(std::string_view secret, std::set<std::string>& forms) {
  forms.emplace(secret);
  for (const bool slashes : {false, true}) {
    const std::string once = json_escaped(secret, slashes);
    forms.insert(once);
    // An agent's stream holds the answers of its tools as texts.
    forms.insert(json_escaped(once, slashes));
  }
  for (const std::string_view digits : k_hex_digits) {
    forms.insert(hex(secret, digits, ""));
    for (const std::string_view also : {"", "+", "/", ":/?#[]@!$&'()*+,;="}) {
      forms.insert(percent_encoded(secret, digits, also));
    }
  }
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const std::string core = base64_core(secret, offset);
    forms.insert(core);
    forms.insert(url_safe(core));
  }
}

void add_lines(std::string_view text, std::set<std::string>& forms) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.size() >= k_least_secret && !line.starts_with("-----")) add_forms(line, forms);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string mask(std::string text, const Forms& forms) {
  for (const std::string& form : forms) {
    for (std::size_t at = text.find(form); at != std::string::npos;
         at = text.find(form, at + k_mask.size())) {
      text.replace(at, form.size(), k_mask);
    }
  }
  return text;
}

}  // namespace

void keep_secret(std::string_view value) {
  if (value.size() < k_least_secret) return;
  const std::lock_guard lock(g_adding);
  const std::shared_ptr<const Forms> known = g_forms.load();
  if (known && std::find(known->begin(), known->end(), value) != known->end()) return;
  std::set<std::string> forms;
  if (known) forms.insert(known->begin(), known->end());
  add_forms(value, forms);
  if (value.find('\n') != std::string_view::npos) add_lines(value, forms);
  auto sorted = std::make_shared<Forms>(forms.begin(), forms.end());
  std::stable_sort(sorted->begin(), sorted->end(), [](const std::string& a, const std::string& b) {
    return a.size() > b.size();
  });
  g_forms.store(std::move(sorted));
}

std::string redacted(std::string text) {
  const std::shared_ptr<const Forms> forms = g_forms.load();
  return forms ? mask(std::move(text), *forms) : text;
}

std::string RedactedStream::append(std::string_view piece) {
  const std::shared_ptr<const Forms> forms = g_forms.load();
  if (!forms) return std::string(piece);
  held_ = mask(held_ + std::string(piece), *forms);
  // Only an end that could be a secret's beginning has to wait for what follows.
  std::size_t keep = 0;
  for (const std::string& form : *forms) {
    for (std::size_t length = std::min(form.size() - 1, held_.size()); length > keep; --length) {
      if (std::string_view(held_).ends_with(std::string_view(form).substr(0, length))) {
        keep = length;
      }
    }
  }
  std::string ready = held_.substr(0, held_.size() - keep);
  held_.erase(0, ready.size());
  return ready;
}

std::string RedactedStream::finish() {
  return redacted(std::exchange(held_, {}));
}

}  // namespace orc
