// SPDX-License-Identifier: Apache-2.0
// What is known of a deployment, in a folder that outlives job, worker and host:
//
//   STATE/intent.json   which deployment is the current one; replaced whole and synced
//   STATE/<id>/         of one deployment: the wrapper's files (wrapper.h) and
//               launches    one line for every time the wrapper was started
//               verifying   when the running revision was first looked at
//               reported    what was told to the host; its presence makes the deployment a past one
//
// Folders of earlier deployments stay as a record. One process at a time uses this; the wrapper
// runs beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace deploy_finalizer {

struct Intent {
  std::string id;
  std::string commit;
  std::string job;
  std::int64_t created_ms = 0;
};

struct NoIntent {};
struct Damaged {
  std::string text;
};
using StoredIntent = std::variant<Intent, NoIntent, Damaged>;

// What the wrapper's files say.
struct NotBegun {};        // nobody made `started`: nothing was executed
struct Running {};         // the wrapper lives
struct Vanished {};        // it began and is gone without a result: unknown what it did
struct ProgramMissing {};  // it began and found nothing to execute
struct NotRun {};          // a human looked and says so: deploy again
struct Finished {
  int exit_code = 0;
};
using Sighting =
    std::variant<NotBegun, Running, Vanished, ProgramMissing, NotRun, Finished, Damaged>;

class DeploymentFolder {
 public:
  explicit DeploymentFolder(std::string state_dir) : state_dir_(std::move(state_dir)) {}

  StoredIntent current() const;
  // Durable before it returns; false: nothing became current. The folder of the deployment is new
  // and empty.
  bool make_current(const Intent& intent) const;

  std::string folder(const Intent& intent) const { return state_dir_ + "/" + intent.id; }
  Sighting look(const Intent& intent) const;
  // Makes sure that a deployment which has not begun never will. False: it has begun after all.
  bool forestall(const Intent& intent) const;

  // Small notes beside the wrapper's files. A note is written whole; an absent one reads as
  // nothing.
  std::optional<std::string> note(const Intent& intent, const std::string& name) const;
  bool set_note(const Intent& intent, const std::string& name, const std::string& text) const;
  // The end of what the command printed.
  std::string output_tail(const Intent& intent, std::size_t bytes) const;

 private:
  std::string state_dir_;
};

}  // namespace deploy_finalizer
