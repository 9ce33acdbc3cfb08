// SPDX-License-Identifier: Apache-2.0
#include "http/reader_pool.h"

namespace orc::http {

ReaderPool::Loan::~Loan() {
  if (!reader_) return;
  const std::scoped_lock lock(pool_->mutex_);
  pool_->free_.push_back(std::move(reader_));
}

Result<ReaderPool::Loan> ReaderPool::borrow() {
  {
    const std::scoped_lock lock(mutex_);
    if (!free_.empty()) {
      auto reader = std::move(free_.back());
      free_.pop_back();
      return Loan(*this, std::move(reader));
    }
  }
  ORC_TRY(auto reader, open_());
  return Loan(*this, std::move(reader));
}

}  // namespace orc::http
