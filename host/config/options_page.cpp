// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/enum_names.h"
#include "base/text.h"
#include "config/options.h"

namespace orc::config {

namespace {

constexpr EnumNames<Type, 18> k_type_names{{{Type::boolean, "true or false"},
                                            {Type::integer, "whole number"},
                                            {Type::text, "text"},
                                            {Type::word, "word"},
                                            {Type::path, "path"},
                                            {Type::path_list, "list of paths"},
                                            {Type::duration, "duration"},
                                            {Type::text_list, "list of texts"},
                                            {Type::chain, "list of links"},
                                            {Type::usd, "US dollars"},
                                            {Type::code_list, "list of exit codes"},
                                            {Type::scope, "scope"},
                                            {Type::text_map, "names to texts"},
                                            {Type::free_map, "mapping"},
                                            {Type::octal, "octal text"},
                                            {Type::listen, "HOST:PORT or off"},
                                            {Type::database, "URL"},
                                            {Type::clone_url, "URL or path"}}};

std::string limit(const Option& option, std::int64_t value) {
  if (option.type == Type::usd) return usd_text(value);
  return option.type == Type::duration ? format_duration_ms(value) : std::to_string(value);
}

std::string allowed(const Option& option) {
  std::string text(to_string(option.type));
  if (!option.words.empty()) {
    text += ":";
    for (const std::string_view word : option.words) text += " `" + std::string(word) + "`";
  }
  const bool has_range = option.type == Type::duration || option.type == Type::integer || option.type == Type::usd;
  if (!has_range) return text;
  const bool bounded = option.most != std::numeric_limits<std::int64_t>::max();
  text += ", " + limit(option, option.least);
  if (!bounded) return text + " or more";
  return option.most == option.least ? text : text + " to " + limit(option, option.most);
}

std::string default_text(const Option& option) {
  return option.fallback ? "`" + std::string(*option.fallback) + "`"
                         : std::string(option.otherwise);
}

// '*' as a reader of the page would fill it in.
std::string shown_key(std::string_view key) {
  std::string shown(key);
  const std::size_t star = shown.find('*');
  if (star == std::string::npos) return shown;
  const std::string word = key.starts_with("stages")  ? "STAGE"
                           : key.starts_with("roles") ? "ROLE"
                           : key.starts_with("prices") ? "MODEL"
                                                      : "NAME";
  return shown.replace(star, 1, word);
}

std::string shown_env(const Option& option) {
  if (option.env.empty()) return "";
  std::string text = "`" + std::string(option.env) + "`";
  if (const std::size_t star = text.find('*'); star != std::string::npos)
    text.replace(star, 1, "<PLUGIN>");
  if (!option.env_alias.empty()) text += ", `" + std::string(option.env_alias) + "`";
  return text;
}

}  // namespace

std::string_view to_string(Type type) {
  return name_in(k_type_names, type);
}

std::string options_markdown() {
  std::string page =
      "| key | holds | default | variable | changed by | meaning |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Option& option : options()) {
    page += "| `" + shown_key(option.key) + "` | " + allowed(option) + " | " +
            default_text(option) + " | " + shown_env(option) + " | " +
            (option.takes == Takes::restart ? "restart" : "reload") + " | " +
            std::string(option.text) + " |\n";
  }
  return page;
}

}  // namespace orc::config
