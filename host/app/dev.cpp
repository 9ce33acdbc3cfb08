// SPDX-License-Identifier: Apache-2.0
#include "app/dev.h"

#include <cstdio>

#include "app/failure.h"
#include "app/scratch_folder.h"
#include "app/serve.h"
#include "base/file.h"
#include "config/inspect.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;

void announce(const fs::path& folder) {
  std::fprintf(stderr,
               "\n  DEVELOPMENT HOST, NOT FOR PRODUCTION: everything lies in %s\n"
               "  and is gone when this host ends.\n\n"
               "  export ORCH_SOCKET=%s\n\n",
               folder.c_str(), (folder / "control.sock").c_str());
}

}  // namespace

int serve_dev(const cli::ServeOptions& options) {
  const ScratchFolder scratch;
  const fs::path& folder = scratch.path();
  if (folder.empty())
    return fail(cli::ExitCode::unusable, "no temporary folder could be made; is TMPDIR writable?");
  config::Sources sources{.file = options.file.value_or(folder / "orchestrator.yaml"),
                          .environment = config::orch_environment(),
                          .set = {"daemon.state_dir=" + (folder / "state").string(),
                                  "db.url=sqlite://" + (folder / "state/orchestrator.db").string(),
                                  "http.control.socket=" + (folder / "control.sock").string(),
                                  "http.board.listen=127.0.0.1:0", "http.webhooks.listen=off"}};
  sources.set.insert(sources.set.end(), options.set.begin(), options.set.end());
  if (!options.file) {
    const Status written =
        write_file_atomically(sources.file, config::first_configuration({}), Durability::process);
    if (!written.ok()) return fail(cli::ExitCode::unusable, written.error().message);
  }
  announce(folder);
  return serve(sources);
}

}  // namespace orc::app
