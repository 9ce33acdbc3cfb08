// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "base/result.h"
#include "base/text.h"

namespace orc::config {

namespace {

// An alias is a copy, so a few lines of nested aliases could grow without end.
constexpr std::size_t k_max_nodes = 50'000;

// Ends the parse from inside yaml-cpp; the finding is recorded already.
struct Stop : std::exception {};

std::size_t count(const Node& node) {
  std::size_t nodes = 1;
  for (const Node& item : node.items) nodes += count(item);
  for (const Node::Entry& entry : node.entries) nodes += count(entry.value);
  return nodes;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(int source, Findings& findings) : source_(source), findings_(findings) {}
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Node{.origin = at(mark)}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) stop(at(mark), "an alias to something that is not finished yet");
    Node copy = known->second;
    nodes_ += count(copy);
    add(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    add(Node{.kind = Node::Kind::scalar, .quoted = tag == "!", .text = value, .origin = at(mark)},
        anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;               // map: read, its value is still to come
    std::map<std::string, Origin> seen{};  // map: keys so far
  };

  Origin at(const YAML::Mark& mark) const {
    return Origin{.source = source_, .line = mark.line + 1, .column = mark.column + 1};
  }

  [[noreturn]] void stop(Origin origin, std::string problem) {
    findings_.error(origin, path(), std::move(problem));
    throw Stop{};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    findings_.error(at(mark), path(), "a YAML tag is not allowed here", "remove " + tag);
  }

  std::string path() const {
    std::vector<std::string> segments;
    for (const Frame& frame : frames_) {
      if (frame.key) segments.push_back(frame.key->text);
    }
    return join_path(segments);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    refuse_tag(mark, tag);
    if (frames_.size() >= k_max_depth) {
      stop(at(mark), "nested deeper than " + std::to_string(k_max_depth) + " levels");
    }
    frames_.push_back(
        Frame{.node = Node{.kind = kind, .origin = at(mark)}, .anchor = anchor, .key = {}});
  }

  void close() {
    Frame done = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (++nodes_ > k_max_nodes) stop(node.origin, "too many values");
    if (anchor != 0) anchors_[anchor] = node;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == Node::Kind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      add_entry(frame, std::move(node));
    }
  }

  void add_entry(Frame& frame, Node value) {
    const std::string where = path();
    const Node key = std::move(*frame.key);
    frame.key.reset();
    // yaml-cpp places a missing value at the next token, often lines below.
    if (value.kind == Node::Kind::null) value.origin = key.origin;
    if (key.kind != Node::Kind::scalar || key.text.empty()) {
      findings_.error(key.origin, where, "found " + describe(key) + ", wanted a key");
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      findings_.error(key.origin, where, "merge keys are not supported", "repeat the keys instead");
      return;
    }
    const auto [first, is_new] = frame.seen.emplace(key.text, key.origin);
    if (!is_new) {
      findings_.error(key.origin, where,
                      "given twice, first in line " + std::to_string(first->second.line),
                      "remove one of them");
      return;
    }
    frame.node.entries.push_back(Node::Entry{key.text, key.origin, std::move(value)});
  }

  const int source_;
  Findings& findings_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  Node root_;
};

Node parse(std::string_view text, int source, Findings& findings) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder builder(source, findings);
  if (!parser.HandleNextDocument(builder)) return Node{.origin = Origin{source, 1, 1}};
  TreeBuilder second(source, findings);
  if (parser.HandleNextDocument(second)) {
    findings.error(second.take().origin, "", "a second document, wanted one",
                   "remove the line ---");
  }
  return builder.take();
}

}  // namespace

std::optional<Node> read_yaml(std::string_view text, int source, Findings& findings) {
  const Origin start{source, 1, 1};
  if (text.size() > k_max_file_bytes) {
    findings.error(start, "", "larger than 1 MiB");
    return std::nullopt;
  }
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    findings.error(start, "", "not valid UTF-8 text");
    return std::nullopt;
  }
  try {
    return parse(text, source, findings);
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& e) {
    const bool placed = e.mark.line >= 0;
    findings.error(placed ? Origin{source, e.mark.line + 1, e.mark.column + 1} : start, "",
                   "not valid YAML: " + e.msg);
    return std::nullopt;
  } catch (const std::exception& e) {
    findings.error(start, "", std::string("not valid YAML: ") + e.what());
    return std::nullopt;
  }
}

}  // namespace orc::config
