// SPDX-License-Identifier: Apache-2.0
#include "config/schema_lint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/paths.h"

namespace orc::config {
namespace {

using nlohmann::json;

std::string first_fault(const std::string& text) {
  json schema = json::parse(text);
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  const SchemaLint lint = lint_schema(schema);
  if (lint.faults.empty()) return "";
  return lint.faults[0].key + ": " + lint.faults[0].problem;
}

TEST(SchemaLint, NamesAKeywordThatLimitsNothing) {
  EXPECT_EQ(first_fault(R"({"properties":{"most":{"type":"integer","minimun":1}}})"),
            ".properties.most.minimun: unknown keyword, did you mean \"minimum\"?");
  EXPECT_EQ(first_fault(R"({"properties":{"a":{"x-secret":true}}})"), "");
  EXPECT_EQ(first_fault(R"({"properties":{"minimun":{"type":"string"}}})"), "")
      << "a setting may have any name";
}

TEST(SchemaLint, NamesAKeywordOfAnotherShape) {
  EXPECT_EQ(first_fault(R"({"required":"most"})"), ".required: wanted a list of texts");
  EXPECT_EQ(first_fault(R"({"items":[{"minLength":-1}]})"),
            ".items[0].minLength: wanted a whole number from 0");
  EXPECT_EQ(first_fault(R"({"anyOf":[{"type":"strng"}]})"),
            ".anyOf[0].type: wanted one of null, boolean, object, array, number, string, integer, "
            "or a list of them");
}

TEST(SchemaLint, HoldsDefaultsAndExamplesAgainstTheirSchema) {
  EXPECT_EQ(first_fault(R"({"properties":{"most":{"type":"integer","default":"3"}}})"),
            ".properties.most.default: found the text \"3\", wanted a whole number");
  EXPECT_EQ(first_fault(R"({"additionalProperties":false,"properties":{"most":{}},
                            "examples":[{"most":1},{"mosst":1}]})"),
            ".examples[1].mosst: unknown setting, did you mean \"most\"?");
  EXPECT_EQ(first_fault(R"({"definitions":{"code":{"type":"integer"}},
                            "properties":{"c":{"$ref":"#/definitions/code","default":"x"}}})"),
            ".properties.c.default: found the text \"x\", wanted a whole number");
}

TEST(SchemaLint, WantsDraft07BySchema) {
  const SchemaLint none = lint_schema(json::object());
  ASSERT_EQ(none.faults.size(), 1U);
  EXPECT_EQ(none.faults[0].key, ".$schema");
  const SchemaLint newer =
      lint_schema({{"$schema", "https://json-schema.org/draft/2020-12/schema"}});
  ASSERT_EQ(newer.faults.size(), 1U);
  EXPECT_EQ(newer.faults[0].problem, "is not draft-07");
}

TEST(SchemaLint, FindsNothingInTheShippedSchemas) {
  for (const std::string plugin :
       {"llm-spawner", "test-runner", "staging-runner", "deploy-finalizer"}) {
    std::ifstream file(orc::test::source_dir() + "/plugins/" + plugin + "/settings.schema.json");
    const SchemaLint lint = lint_schema(json::parse(file));
    for (const Violation& fault : lint.faults)
      ADD_FAILURE() << plugin << fault.key << ": " << fault.problem;
  }
}

}  // namespace
}  // namespace orc::config
