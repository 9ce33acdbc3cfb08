// SPDX-License-Identifier: Apache-2.0
// A configuration in a folder of its own, for the tests of this folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/stage.h"
#include "support/temp_dir.h"

namespace orc::config::test {

// Writes orchestrator.yaml (and drop-ins), with a prompt for every role, and loads it.
class ConfigFolder {
 public:
  ConfigFolder() {
    std::filesystem::create_directory(path() / "prompts");
    for (const Role role : k_roles) {
      const std::string name(to_string(role));
      write("prompts/" + name + ".md", "<context>\n");
      prompts_.push_back("roles." + name + ".prompt=prompts/" + name + ".md");
    }
    std::filesystem::create_directory(path() / "conf.d");
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path file() const { return path() / "orchestrator.yaml"; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path() / name) << text;
  }

  // Sources with this folder's file; the prompts are given, so that a test depends on no shipped
  // one.
  Sources sources() const {
    return Sources{.file = file(), .environment = environment, .set = settings()};
  }
  Loaded load() const { return config::load(sources()); }
  Loaded load(const std::string& text) const {
    write("orchestrator.yaml", text);
    return load();
  }

  // The findings as an operator sees them, with the folder's path as "F".
  std::vector<std::string> texts(const std::vector<Finding>& findings) const {
    std::vector<std::string> shown;
    for (const Finding& finding : findings) {
      std::string text = to_text(finding);
      for (std::size_t at = text.find(path().string()); at != std::string::npos;
           at = text.find(path().string())) {
        text.replace(at, path().string().size(), 1, 'F');
      }
      shown.push_back(text);
    }
    return shown;
  }

  std::map<std::string, std::string> environment;
  std::vector<std::string> set;

 private:
  std::vector<std::string> settings() const {
    std::vector<std::string> all = prompts_;
    all.insert(all.end(), set.begin(), set.end());
    return all;
  }

  orc::test::TempDir folder_;
  std::vector<std::string> prompts_;
};

}  // namespace orc::config::test
