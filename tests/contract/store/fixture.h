// SPDX-License-Identifier: Apache-2.0
// A fresh store for each test, and the few facts that every test starts from.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/process_identity.h"
#include "contract/store/backend.h"
#include "store/store.h"
#include "support/temp_dir.h"

namespace orc::store {

inline constexpr WallTime k_now{1'800'000'000'000};

// Ends the test program with the error's text: a test without its premise says nothing.
template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(result).value();
}

// The error of a call that has to fail.
template <typename T>
Error error_of(const Result<T>& result) {
  if (result.ok()) {
    ADD_FAILURE() << "succeeded";
    return Error{ErrorKind::internal, ""};
  }
  return result.error();
}

class StoreContract : public ::testing::Test {
 protected:
  StoreContract() { open(); }

  void open() { store_ = must(backend::open(folder())); }
  void close() { store_.reset(); }
  void use(std::unique_ptr<Store> store) { store_ = std::move(store); }
  std::filesystem::path folder() const { return folder_.path() / "state"; }
  Store& store() { return *store_; }
  std::unique_ptr<Reader> reader() { return must(backend::open_reader(folder())); }

  // Runs `body` as one batch that must succeed; its result.
  template <typename Body>
  auto batch(Body body) {
    must(store_->begin());
    auto result = body();
    must(store_->commit());
    return result;
  }

  HostIdentity recorded_host() {
    HostIdentity host = new_host_identity();
    batch([&] { return must(store_->record_host(host, "1.0", k_now)); });
    return host;
  }
  Task new_task(const std::string& work_item, Stage stage = Stage::analysis) {
    return batch([&] { return must(store_->insert_task(described(work_item, stage), k_now)); });
  }
  Job new_job(TaskId task, Stage stage = Stage::analysis, WallTime run_after = k_now) {
    return batch([&] {
      return must(store_->queue_job({.task = task, .stage = stage, .run_after = run_after}, k_now));
    });
  }
  Job running_job(TaskId task, const HostIdentity& owner, Stage stage = Stage::analysis) {
    const Job job = new_job(task, stage);
    batch([&] {
      EXPECT_EQ(must(store_->claim_job(job.id, owner, 3, k_now, k_now + Millis{1000})),
                Write::written);
      return Done{};
    });
    return must(store_->job(job.id)).value();
  }
  Write write(const Task& before, const Task& next) {
    return batch([&] {
      return must(
          store_->write_task({before.id, before.stage, before.state, before.rev}, next, k_now));
    });
  }
  Task task(TaskId id) { return must(store_->task(id)).value(); }

  static NewTask described(const std::string& work_item, Stage stage = Stage::analysis) {
    return {.work_item = work_item,
            .title = "Say hello",
            .request = "Please say hello.",
            .repo = "demo",
            .repo_url = "/srv/git/demo",
            .branch = "task/" + work_item,
            .stage = stage,
            .submitted_by = "alice"};
  }
  static JobEnd ended(const std::string& outcome = "verdict") {
    return {.outcome = outcome,
            .reason = "none",
            .text = "41 passed",
            .producer = "test-runner",
            .resume_token = "r1",
            .at = k_now + Millis{5}};
  }

 private:
  test::TempDir folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace orc::store
