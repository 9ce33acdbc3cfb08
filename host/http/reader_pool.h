// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace orc::http {

using OpenReader = std::function<Result<std::unique_ptr<store::Reader>>()>;

// Lends read connections to the HTTP threads, one thread each at a time; opens another when none is
// free, so there are never more than threads. Any thread.
class ReaderPool {
 public:
  explicit ReaderPool(OpenReader open) : open_(std::move(open)) {}

  // Goes back to the pool at its end.
  class Loan {
   public:
    Loan(ReaderPool& pool, std::unique_ptr<store::Reader> reader)
        : pool_(&pool), reader_(std::move(reader)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();
    store::Reader& operator*() const { return *reader_; }
    store::Reader* operator->() const { return reader_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<store::Reader> reader_;
  };

  Result<Loan> borrow();

 private:
  OpenReader open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<store::Reader>> free_;  // guarded by mutex_
};

}  // namespace orc::http
