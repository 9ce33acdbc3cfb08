// SPDX-License-Identifier: Apache-2.0
#include "http/html_page.h"

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/board_assets.h"

namespace orc::http {

namespace {

namespace mustache = kainjow::mustache;

// What is nothing is no section: null, an empty text, an empty list.
mustache::data to_data(const views::Json& value) {
  if (value.is_object()) {
    mustache::data object{mustache::data::type::object};
    for (const auto& [key, member] : value.items()) object.set(key, to_data(member));
    return object;
  }
  if (value.is_array()) {
    mustache::data list{mustache::data::type::list};
    for (const views::Json& element : value) list.push_back(to_data(element));
    return list;
  }
  if (value.is_boolean()) return mustache::data{value.get<bool>()};
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    // Bytes that are not UTF-8 would end the page for a strict reader.
    return text.empty() ? mustache::data{false} : mustache::data{to_utf8(text)};
  }
  if (value.is_null()) return mustache::data{false};
  return mustache::data{value.dump()};
}

}  // namespace

std::string_view board_file(std::string_view name) {
  for (const BoardAsset& asset : k_board_assets) {
    if (asset.name == name) return asset.content;
  }
  return {};
}

std::string fill_in(std::string_view mustache_template, const views::Json& values) {
  mustache::mustache page{std::string(mustache_template)};
  return page.render(to_data(values));
}

}  // namespace orc::http
