// SPDX-License-Identifier: Apache-2.0
// The operator's surface: readers beside a running pipeline, streams, reloads, the start of
// commands.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "base/short_turns.h"
#include "bench.h"
#include "process/process.h"
#include "store/store.h"
#include "support/host_harness.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::bench {

namespace {

using Json = nlohmann::json;

// One keep-alive connection that asks and waits for the whole answer.
class Client {
 public:
  explicit Client(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }

  void send(const std::string& bytes) const {
    if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
      throw std::runtime_error("the server hung up");
  }
  // Status 200 and a body by its Content-Length are expected.
  void receive() {
    std::size_t head = std::string::npos;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) read();
    if (buffer_.compare(9, 3, "200") != 0) throw std::runtime_error(buffer_.substr(0, 200));
    const std::size_t field = buffer_.find("Content-Length: ");
    const std::size_t whole = head + 4 + std::stoul(buffer_.substr(field + 16));
    while (buffer_.size() < whole) read();
    buffer_.erase(0, whole);
  }
  void receive_until(const std::string& text) {
    while (buffer_.find(text) == std::string::npos) read();
  }

 private:
  void read() {
    char chunk[65536];
    const ssize_t count = ::recv(fd_.get(), chunk, sizeof(chunk), 0);
    if (count <= 0) throw std::runtime_error("the server hung up");
    buffer_.append(chunk, static_cast<std::size_t>(count));
  }
  UniqueFd fd_;
  std::string buffer_;
};

std::string get_of(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

struct Load {
  std::vector<double> latencies_ms;
  double seconds = 0;
  Json shown() const {
    return {{"requests_per_second", static_cast<double>(latencies_ms.size()) / seconds},
            {"p50_ms", percentile(latencies_ms, 0.5)},
            {"p99_ms", percentile(latencies_ms, 0.99)}};
  }
};

// `clients` connections, each asking for the paths in turn. A pause makes it a steady load instead
// of a flood. What is measured is the host under a load that is there already: the first answers,
// for which a page has to be made, are not counted, and a client does not wait for a processor
// longer than it must.
Load read_pages(int port, int clients, const std::vector<std::string>& paths, Millis time,
                Millis pause = Millis{0}) {
  std::vector<std::vector<double>> each(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::string failure;
  const MonoTime start = mono_now();
  const auto read = [&](std::vector<double>& latencies) {
    take_short_turns();
    try {
      Client client(port);
      for (std::size_t i = 0; mono_now() - start < time; ++i) {
        const MonoTime asked = mono_now();
        client.send(get_of(paths[i % paths.size()]));
        client.receive();
        if (i >= paths.size())
          latencies.push_back(
              std::chrono::duration<double, std::milli>(mono_now() - asked).count());
        if (pause > Millis{0}) std::this_thread::sleep_for(pause);
      }
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex);
      failure = error.what();
    }
  };
  for (auto& latencies : each) threads.emplace_back(read, std::ref(latencies));
  for (std::thread& thread : threads) thread.join();
  if (!failure.empty()) throw std::runtime_error(failure);
  Load load{.seconds = seconds_since(start)};
  for (const auto& latencies : each)
    load.latencies_ms.insert(load.latencies_ms.end(), latencies.begin(), latencies.end());
  return load;
}

std::string plugins_of(int count) {
  std::string text = "plugins:\n  noop: { repos: '*' }\n";
  for (int i = 1; i < count; ++i) text += "  noop/n" + std::to_string(i) + ": { repos: '*' }\n";
  return text;
}

std::string config_text(int plugins, int workers, const std::string& more = "") {
  std::string text =
      "version: 1\ndaemon: { workers: " + std::to_string(workers) +
      ", state_dir: ../state }\n"
      "http: { control: { socket: control.sock }, board: { listen: '127.0.0.1:0' } }\n"
      "gates: { serial: { enabled: false } }\nplugin_dirs: ['" +
      test::bin_dir() + "/../bench-plugins']\n" + more + plugins_of(plugins) + "stages:\n";
  for (const StageRule& rule : STAGE_TRANSITIONS)
    text += "  " + std::string(to_string(rule.stage)) + ": { producers: [noop] }\n";
  return text;
}

void fill(const std::filesystem::path& database, int finished, int queued) {
  std::filesystem::create_directories(database.parent_path());
  auto opened = store::open_sqlite(database, Millis{5000});
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  store::Store& store = *opened.value();
  const WallTime now = wall_now();
  (void)store.begin();
  for (int i = 0; i < finished + queued; ++i) {
    const bool done = i < finished;
    auto task = store.insert_task({.work_item = "B-" + std::to_string(i),
                                   .title = "bench",
                                   .repo = "bench",
                                   .branch = "b-" + std::to_string(i),
                                   .stage = done ? Stage::done : Stage::development,
                                   .state = done ? TaskState::done : TaskState::active},
                                  now);
    if (!task.ok()) throw std::runtime_error(task.error().message);
    if (done) continue;
    auto job = store.queue_job(
        {.task = task.value().id, .stage = Stage::development, .run_after = now}, now);
    if (!job.ok()) throw std::runtime_error(job.error().message);
  }
  if (Status committed = store.commit(); !committed.ok())
    throw std::runtime_error(committed.error().message);
}

class BenchHost {
 public:
  BenchHost(int finished, int queued, int plugins) {
    const std::string repos = "repos: { bench: { self_hosting: true } }\n";
    test::write_text(host.config(), config_text(plugins, 2, repos));
    if (finished + queued > 0) fill(host.state() / "orchestrator.db", finished, queued);
    if (!host.start()) throw std::runtime_error("the host does not start: " + host.log());
  }
  Json status() const {
    const auto answer = host.orchestrator({"status", "-o", "json"});
    if (answer.exit_code != 0) throw std::runtime_error(answer.err);
    return Json::parse(answer.out);
  }
  // The one that the host says it serves on.
  int port() const {
    const std::string log = host.log();
    const std::string before = "http://127.0.0.1:";
    return std::stoi(log.substr(log.rfind(before) + before.size()));
  }
  test::HostHarness host{test::bin_dir()};
};

// What `work` measured, and how many transitions the host made meanwhile.
Json beside_pipeline(const BenchHost& bench, const std::function<Json()>& work) {
  const auto before = bench.status().at("transitions").get<std::int64_t>();
  const MonoTime start = mono_now();
  Json measured = work();
  const auto after = bench.status().at("transitions").get<std::int64_t>();
  measured["transitions_per_second"] = static_cast<double>(after - before) / seconds_since(start);
  return measured;
}

Json command_starts(const BenchHost& bench) {
  Json all;
  const std::vector<std::vector<std::string>> commands{
      {"version"},          {"--help"},         {"status"},
      {"task", "list"},     {"plugin", "list"}, {"queue", "list"},
      {"config", "schema"}, {"next"},           {"__complete", "task", "why", ""}};
  for (const auto& command : commands) {
    std::vector<double> times;
    for (int i = 0; i < 20; ++i) {
      const MonoTime start = mono_now();
      (void)bench.host.orchestrator(command);
      times.push_back(seconds_since(start) * 1000);
    }
    std::string name;
    for (const std::string& word : command) name += (name.empty() ? "" : " ") + word;
    all[name] = {{"p50_ms", percentile(times, 0.5)}, {"p99_ms", percentile(times, 0.99)}};
  }
  return all;
}

Json reloads(BenchHost& bench, int plugins) {
  std::vector<double> times;
  for (int i = 0; i < 30; ++i) {
    const std::string repos = "repos: { bench: { self_hosting: true } }\n";
    test::write_text(bench.host.config(), config_text(plugins, 2 + i % 2, repos));
    const MonoTime start = mono_now();
    const auto answer = bench.host.orchestrator({"reload"});
    times.push_back(seconds_since(start) * 1000);
    if (answer.exit_code != 0) throw std::runtime_error(answer.err);
  }
  return {{"plugins", plugins},
          {"p50_ms", percentile(times, 0.5)},
          {"p99_ms", percentile(times, 0.99)}};
}

Json check_of_2000_lines(const BenchHost& bench) {
  std::string repos = "repos:\n  bench: { self_hosting: true }\n";
  for (int i = 0; i < 328; ++i) {
    repos += "  r" + std::to_string(i) +
             ":\n    default_branch: trunk\n    test:\n      command: [make, check]\n"
             "      timeout: 10m\n    ci: { required: false }\n";
  }
  const auto file = bench.host.root() / "long.yaml";
  const std::string text = config_text(1, 2, repos);
  test::write_text(file, text);
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    const MonoTime start = mono_now();
    const auto answer = bench.host.orchestrator({"config", "check", "-c", file.string()});
    times.push_back(seconds_since(start) * 1000);
    if (answer.exit_code != 0) throw std::runtime_error(answer.err);
  }
  return {{"lines", std::count(text.begin(), text.end(), '\n')},
          {"p50_ms", percentile(times, 0.5)},
          {"p99_ms", percentile(times, 0.99)}};
}

Json streams(int port) {
  std::deque<Client> listeners;
  const std::string wish =
      "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n";
  for (int i = 0; i < 200; ++i) {
    listeners.emplace_back(port);
    listeners.back().send(wish);
    listeners.back().receive_until("retry:");
  }
  const Load health = read_pages(port, 1, {"/health"}, Millis{1000});
  return {{"open", 200}, {"health", health.shown()}};
}

// nginx with as many bytes, where it is installed: the same machine, the same clients, at once
// after the host.
Json beside_nginx(int port, Millis time) {
  const Load ours = read_pages(port, 16, {"/queue"}, time);
  Json answer{{"orchestrator", ours.shown()}};
  Client one(port);
  one.send(get_of("/queue"));
  const char* program = std::getenv("NGINX");  // NOLINT(concurrency-mt-unsafe): one thread
  if (program == nullptr) {
    answer["nginx"] = "not measured: name its program in $NGINX";
    return answer;
  }
  const test::TempDir folder;
  constexpr int k_port = 18'481;
  test::write_text(folder.path() / "html/queue", std::string(2000, 'x'));
  test::write_text(
      folder.path() / "nginx.conf",
      "user root root; daemon off; worker_processes 2; pid nginx.pid; error_log stderr error;\n"
      "events { worker_connections 64; }\n"
      "http { client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path "
      "t4;"
      " scgi_temp_path t5; access_log off; keepalive_requests 1000000000; server { listen "
      "127.0.0.1:" +
          std::to_string(k_port) + "; root html; } }\n");
  process::SpawnSpec spec;
  spec.argv = {program, "-e", "stderr", "-p", folder.path().string() + "/", "-c", "nginx.conf"};
  spec.cwd = folder.path();
  auto started = process::spawn(spec);
  auto* child = std::get_if<process::Child>(&started);
  if (child == nullptr) throw std::runtime_error("nginx does not start");
  // Also where the measurement fails: what is left of it would answer the next one.
  const std::shared_ptr<process::Child> ended(child, [](process::Child* nginx) {
    ::kill(nginx->pid, SIGTERM);
    (void)test::wait_for_end(nginx->pid, Millis{5000});
  });
  const MonoTime limit = mono_now() + Millis{5000};
  while (mono_now() < limit) {
    try {
      Client probe(k_port);
      break;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(Millis{20});
    }
  }
  const Load theirs = read_pages(k_port, 16, {"/queue"}, time);
  answer["nginx"] = theirs.shown();
  answer["share_of_nginx"] = answer["orchestrator"]["requests_per_second"].get<double>() /
                             answer["nginx"]["requests_per_second"].get<double>();
  return answer;
}

}  // namespace

Json surface(bool quick) {
  Json all;
  const Millis time{quick ? 500 : 5000};
  {
    BenchHost bench(quick ? 900 : 90'000, quick ? 100 : 10'000, 1);
    const int port = bench.port();
    const std::vector<std::string> pages{"/queue", "/metrics"};
    // A pipeline that runs as fast as it can: alone; beside sixteen readers that ask fifty times a
    // second each; beside sixteen that ask as fast as they are answered.
    all["pipeline_without_readers"] = beside_pipeline(bench, [&] {
      std::this_thread::sleep_for(time);
      return Json::object();
    });
    all["beside_a_pipeline_steady"] = beside_pipeline(
        bench, [&] { return read_pages(port, 16, pages, time, Millis{20}).shown(); });
    all["beside_a_pipeline_flood"] =
        beside_pipeline(bench, [&] { return read_pages(port, 16, pages, time).shown(); });
    all["board_beside_a_pipeline"] = beside_pipeline(
        bench, [&] { return read_pages(port, 16, {"/"}, time, Millis{20}).shown(); });
    all["event_streams"] = streams(port);
  }
  {
    BenchHost idle(quick ? 100 : 100'000, 0, 1);
    all["snapshot_routes"] = beside_nginx(idle.port(), time);
    all["command_start"] = command_starts(idle);
    all["config_check"] = check_of_2000_lines(idle);
  }
  BenchHost many(0, 0, 50);
  all["reload"] = reloads(many, 50);
  return all;
}

}  // namespace orc::bench
