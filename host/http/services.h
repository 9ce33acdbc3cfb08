// SPDX-License-Identifier: Apache-2.0
// What a handler may use. References outlive the server; every member may be used from any HTTP
// thread.
#pragma once

#include <filesystem>

#include "engine/ports.h"
#include "http/board_guard.h"
#include "http/reader_pool.h"
#include "http/request_counts.h"
#include "http/snapshot_pages.h"
#include "http/webhook_desk.h"

namespace orc::http {

class EventStreams;

struct Services {
  engine::CommandPort& commands;
  engine::StatusPort& status;
  engine::ReloadPort& reloads;
  ReaderPool& readers;
  RequestCounts& requests;
  SnapshotPages& pages;
  EventStreams& streams;
  WebhookDesk& webhooks;
  const OperatorToken& operator_token;
  std::filesystem::path state_dir;
  std::filesystem::path config_file;
};

// The published state, or `unavailable` before the engine's first batch.
Result<engine::StatusPtr> published_status(const Services& services);

}  // namespace orc::http
