// A Docker Engine without Docker: so many containers, whose logs grow at a commanded rate. It answers what a reader of
// logs asks (docker-engine.md 3.1, 3.2, 3.6) on a unix socket, as Engine 26.1 does; nothing ever starts, stops or
// rotates. Longer than most, since it is a whole one.
//
//     bench_fake_engine --socket PATH --containers N
//
// Commands come on stdin, and its end ends the program:  print LINES BYTES RATE  (lines per container and second; 0: at
// once), answered by `printed` when the last line stands in the log; `loud LINES BYTES RATE`: the same of one container
// more, at the same time, answered by `loudly`. A log holds times only; text is made when it is sent.
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine_http.hpp"
#include "line.hpp"
#include "os.hpp"

namespace bench {
namespace {

struct Record {
  int64_t time_ns;
  uint32_t bytes;
};

struct Container {
  std::vector<Record> log;
  std::vector<int> followers;  // descriptors
};

struct Client {
  std::string unread, unsent;
  enum class Doing { asking, reading_log, hearing_events } doing = Doing::asking;
  bool open = false;
  bool waits = false;  // for the socket to drain
  bool ends = false;   // once everything is sent
  LogQuery query;
  uint32_t container = 0;
  size_t next = 0, end = 0;  // records still to send; the end of a follow moves with the log
};

struct Printing {
  uint32_t first = 0, containers = 1;
  const char* answer = nullptr;
  uint64_t lines = 0, done = 0;  // over all containers
  uint32_t bytes = 0;
  int64_t start_ns = 0;
  double interval_ns = 0;  // between two of the lines

  bool goes_on() const { return done < lines; }
  int64_t due_ns() const { return start_ns + static_cast<int64_t>(static_cast<double>(done) * interval_ns); }
};

enum Tag : uint64_t {
  listener_tag = 1ULL << 32,
  stdin_tag = 2ULL << 32,
  timer_tag = 3ULL << 32,
  client_tag = 4ULL << 32
};

constexpr size_t send_bytes = 64 * 1024;

class FakeEngine {
 public:
  explicit FakeEngine(const Options& options)
      : quiet_(static_cast<uint32_t>(options.number("containers", 1))),
        containers_(quiet_ + 1),
        listener_(listen_unix(options.required("socket"))),
        timer_(must(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), "timerfd_create")) {
    poll_.add(listener_, EPOLLIN, listener_tag);
    poll_.add(timer_, EPOLLIN, timer_tag);
    poll_.add(STDIN_FILENO, EPOLLIN, stdin_tag);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poll_.wait(-1)) {
        int fd = static_cast<int>(event.data.u64 & 0xffffffff);
        switch (event.data.u64 & ~uint64_t{0xffffffff}) {
          case listener_tag:
            accept_all();
            break;
          case stdin_tag:
            read_command();
            break;
          case timer_tag:
            print_due();
            break;
          default:
            serve(fd, event.events);
        }
      }
    }
  }

 private:
  void accept_all() {
    for (int fd = accept_one(listener_); fd >= 0; fd = accept_one(listener_)) {
      if (static_cast<size_t>(fd) >= clients_.size()) clients_.resize(static_cast<size_t>(fd) + 1);
      clients_[static_cast<size_t>(fd)] = {};
      clients_[static_cast<size_t>(fd)].open = true;
      poll_.add(fd, EPOLLIN, client_tag | static_cast<uint64_t>(fd));
    }
  }

  void read_command() {
    char text[256];
    ssize_t count = read(STDIN_FILENO, text, sizeof text - 1);
    if (count <= 0) std::exit(0);
    text[count] = 0;
    char word[16];
    uint64_t lines = 0;
    double rate = 0;
    Printing printing;
    if (std::sscanf(text, "%15s %" SCNu64 " %" SCNu32 " %lf", word, &lines, &printing.bytes, &rate) != 4)
      die("command");
    const bool loud = std::string_view(word) == "loud";
    printing.first = loud ? quiet_ : 0;
    printing.containers = loud ? 1 : quiet_;
    printing.answer = loud ? "loudly" : "printed";
    printing.bytes = std::clamp<uint32_t>(printing.bytes, line_bytes_min, line_bytes_max);
    printing.lines = lines * printing.containers;
    printing.start_ns = now_ns();
    printing.interval_ns = rate > 0 ? 1e9 / (rate * printing.containers) : 0;
    printings_[loud ? 1 : 0] = printing;
    print_due();
  }

  // Line k of container c is due at start + (k * containers + c) * interval: never two containers at one moment.
  void print_due() {
    uint64_t expirations;
    [[maybe_unused]] ssize_t ignored = read(timer_, &expirations, sizeof expirations);
    int64_t next_ns = INT64_MAX;
    for (Printing& printing : printings_) {
      print_due(printing);
      if (printing.goes_on()) next_ns = std::min(next_ns, printing.due_ns());
    }
    if (next_ns < INT64_MAX) arm(next_ns);
  }

  void print_due(Printing& printing) {
    std::vector<uint32_t> grown;
    while (printing.goes_on() && printing.due_ns() <= now_ns()) {
      const auto container = printing.first + static_cast<uint32_t>(printing.done++ % printing.containers);
      last_ns_ = std::max(now_ns(), last_ns_ + 1);
      containers_[container].log.push_back({last_ns_, printing.bytes});
      if (grown.size() < printing.containers) grown.push_back(container);  // round robin: the rest would be repeats
    }
    for (uint32_t container : grown) {
      for (int fd : std::vector(containers_[container].followers)) {
        if (!clients_[static_cast<size_t>(fd)].waits) pump(fd);
      }
    }
    if (printing.goes_on() || printing.lines == 0) return;
    printing.lines = 0;
    std::puts(printing.answer);
    std::fflush(stdout);
  }

  void arm(int64_t at_ns) {
    itimerspec when{};
    when.it_value.tv_sec = at_ns / 1'000'000'000;
    when.it_value.tv_nsec = at_ns % 1'000'000'000;
    must(timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
  }

  void serve(int fd, uint32_t events) {
    Client& client = clients_[static_cast<size_t>(fd)];
    if (!client.open) return;
    if (events & EPOLLOUT) pump(fd);
    if (client.open && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
      int64_t count = receive_some(fd, buffer_);
      if (count == 0) return close_client(fd);
      if (count > 0) client.unread.append(buffer_.data(), static_cast<size_t>(count));
    }
    answer_requests(fd);
  }

  // One after the other; a client that reads a log is heard again when that has ended.
  void answer_requests(int fd) {
    Client& client = clients_[static_cast<size_t>(fd)];
    while (client.open && client.doing == Client::Doing::asking) {
      size_t end = client.unread.find("\r\n\r\n");
      if (end == std::string::npos) return;
      Request request = parse_request(client.unread.substr(0, end));
      client.unread.erase(0, end + 4);
      client.ends = request.closes;
      if (!start_stream(fd, request)) client.unsent += plain_answer(request);
      pump(fd);
    }
  }

  std::string plain_answer(const Request& request) const {
    size_t all = containers_.size();
    if (request.path == "/_ping") return ping_answer(request.method == "HEAD");
    if (request.path == "/version") return json_answer(200, version_json());
    if (request.path == "/info") return json_answer(200, info_json(all));
    if (request.path == "/containers/json") return json_answer(200, list_json(all));
    std::optional<uint32_t> container = find_container(request.path, all);
    bool is_container = request.path.starts_with("/containers/");
    if (is_container && !container) return json_answer(404, R"({"message":"No such container"})");
    if (!container) return json_answer(404, R"({"message":"page not found"})");
    if (request.path.ends_with("/json")) return json_answer(200, inspect_json(*container));
    if (request.path.ends_with("/logs"))
      return json_answer(400, R"({"message":"you must choose at least one stream"})");
    return json_answer(404, R"({"message":"page not found"})");
  }

  // Whether the answer goes on: a log, or the events, of which there are none.
  bool start_stream(int fd, const Request& request) {
    Client& client = clients_[static_cast<size_t>(fd)];
    if (request.path == "/events") {
      client.unsent += stream_header(request, "application/json");
      client.doing = Client::Doing::hearing_events;
      return true;
    }
    std::optional<uint32_t> found = find_container(request.path, containers_.size());
    client.query = log_query(request);
    bool is_log = found && request.path.ends_with("/logs") && (client.query.out || client.query.err);
    if (!is_log) return false;
    client.unsent += stream_header(request, "application/vnd.docker.multiplexed-stream");
    client.doing = Client::Doing::reading_log;
    client.container = *found;
    const std::vector<Record>& log = containers_[*found].log;
    client.end = log.size();
    client.next = log.size() - std::min(client.query.tail, log.size());  // tail counts before since
    while (client.next < client.end && log[client.next].time_ns < client.query.since_ns) ++client.next;
    while (client.end > client.next && log[client.end - 1].time_ns > client.query.until_ns) --client.end;
    if (!client.query.out) client.next = client.end;  // everything here is stdout
    if (client.query.follow) containers_[*found].followers.push_back(fd);
    return true;
  }

  // Sends what it can, makes more of the log while that goes, ends a read that is complete.
  void pump(int fd) {
    Client& client = clients_[static_cast<size_t>(fd)];
    for (;;) {
      bool made_more = make_more(client);
      int64_t count = client.unsent.empty() ? 0 : send_some(fd, client.unsent);
      if (count < 0) return close_client(fd);
      client.unsent.erase(0, static_cast<size_t>(count));
      if (!client.unsent.empty() || !made_more) break;
    }
    bool waits = !client.unsent.empty();
    if (waits != std::exchange(client.waits, waits)) {
      poll_.change(fd, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, client_tag | static_cast<uint64_t>(fd));
    }
    if (!waits && client.doing == Client::Doing::asking && client.ends) close_client(fd);
  }

  // True if there is still more to make.
  bool make_more(Client& client) {
    if (client.doing != Client::Doing::reading_log) return false;
    Container& container = containers_[client.container];
    if (client.query.follow && client.query.out) client.end = container.log.size();
    while (client.next < client.end && client.unsent.size() < send_bytes) append_record(client, container);
    if (client.next < client.end) return true;
    if (!client.query.follow) {
      client.doing = Client::Doing::asking;
      if (client.query.chunked) client.unsent += "0\r\n\r\n";
    }
    return false;
  }

  void append_record(Client& client, const Container& container) {
    const Record& record = container.log[client.next];
    std::string text = client.query.timestamps ? timestamp(record.time_ns) + ' ' : std::string();
    text += print_line({client.container, static_cast<uint32_t>(client.next), record.bytes, record.time_ns / 1000});
    append_log_frame(client.unsent, text += '\n', client.query.chunked);
    ++client.next;
  }

  void close_client(int fd) {
    Client& client = clients_[static_cast<size_t>(fd)];
    std::erase(containers_[client.container].followers, fd);
    client = {};
    close(fd);
  }

  uint32_t quiet_;  // containers, and one loud one behind them
  std::vector<Container> containers_;
  std::vector<Client> clients_;        // by descriptor
  std::array<Printing, 2> printings_;  // of the quiet ones and of the loud one
  int64_t last_ns_ = 0;                // stamps increase strictly over the whole engine
  int listener_, timer_;
  Poll poll_;
  std::array<char, 65536> buffer_{};
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  bench::raise_descriptor_limit();
  auto engine = std::make_unique<bench::FakeEngine>(bench::Options(count, words));
  engine->run();
}
