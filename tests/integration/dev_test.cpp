// SPDX-License-Identifier: Apache-2.0
// `serve --dev`: a whole host, and nothing of it afterwards.
#include "integration/host_test.h"

namespace orc::test {

namespace {

// Starts it, waits for its line `host.serving`, asks it for its status, ends it; says what it
// found.
constexpr const char* k_session = R"py(
import json, os, re, signal, subprocess, sys
program = sys.argv[1]
host = subprocess.Popen([program, 'serve', '--dev'], stderr=subprocess.PIPE, text=True)
socket, said = '', ''
for line in host.stderr:
    said += line
    found = re.search(r'export ORCH_SOCKET=(\S+)', line)
    socket = found.group(1) if found else socket
    if 'host.serving' in line or host.poll() is not None:
        break
status = subprocess.run([program, 'status', '-o', 'json', '--socket', socket], capture_output=True, text=True)
there = os.path.exists(socket)
host.send_signal(signal.SIGINT)
host.stderr.read()
print(json.dumps({'said': said, 'status': json.loads(status.stdout), 'there': there, 'exit': host.wait(30),
                  'left': os.listdir(os.environ['TMPDIR'])}))
)py";

TEST(Dev, ServesFromAFolderThatGoesWithIt) {
  const TempDir folder;
  const CommandResult ran =
      run_program({"/usr/bin/python3", "-c", k_session, bin_dir() + "/orchestrator"}, folder.path(),
                  {{"TMPDIR", folder.path().string()}});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const Json found = Json::parse(ran.out);
  const std::string said = found.at("said");
  EXPECT_NE(said.find("NOT FOR PRODUCTION"), std::string::npos) << said;
  EXPECT_NE(said.find("http://127.0.0.1:"), std::string::npos) << said;
  EXPECT_EQ(found.at("status").at("draining"), false) << found.dump(2);
  EXPECT_EQ(found.at("there"), true);
  EXPECT_EQ(found.at("exit"), 0);
  EXPECT_TRUE(found.at("left").empty()) << found.at("left");
}

}  // namespace
}  // namespace orc::test
