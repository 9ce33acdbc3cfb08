// SPDX-License-Identifier: Apache-2.0
// Commits one task, writes a second one in a batch that stays open, says "ready", and waits to be
// killed.
//   crashing_writer FOLDER
#include <unistd.h>

#include <cstdio>

#include "contract/store/backend.h"

namespace {

using namespace orc;

bool insert(store::Store& store, const char* work_item) {
  return store.begin().ok() &&
         store
             .insert_task({.work_item = work_item, .title = "t", .repo = "r", .branch = "b"},
                          WallTime{1})
             .ok() &&
         store.append_event({.kind = "test", .actor = "a", .at = WallTime{1}}).ok();
}

}  // namespace

int main(int, char** argv) {
  auto opened = store::backend::open(argv[1]);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  store::Store& store = *opened.value();
  if (!insert(store, "COMMITTED") || !store.commit().ok() || !insert(store, "OPEN")) return 1;
  if (::write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  ::pause();
  return 0;
}
