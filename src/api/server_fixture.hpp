// For tests: a Server on a loop whose time the test moves, with sockets that are two strings and a control loop that
// answers when the test says so.
#pragma once

#include <gmock/gmock.h>

#include <map>

#include "api/hand_loop.hpp"
#include "api/server.hpp"
#include "ws/decoder.hpp"

namespace api::testing_bench {

class HandSockets final : public net::ClientSockets {
 public:
  struct End {
    std::uint32_t tag = 0;
    std::string in, out;    // what the client said and is not received yet; what it was sent
    bool in_ended = false;  // the client's side is shut
    bool failed = false;
    bool write_shut = false;             // ours is
    std::size_t room = ~std::size_t{0};  // what its socket still takes
    bool holds = false;                  // it blocks though it took all
  };

  void set_owner(Owner& owner) override { owner_ = &owner; }
  int add(net::Socket socket, std::uint32_t tag) override {
    const int number = socket.release();
    ends_[number].tag = tag;
    return number;
  }
  net::Transfer receive(int socket, std::span<char> into) override {
    End& end = ends_.at(socket);
    if (end.failed) return {net::Transfer::State::failed};
    const std::size_t count = std::min(into.size(), end.in.size());
    if (count == 0) return {end.in_ended ? net::Transfer::State::end : net::Transfer::State::would_block};
    std::copy_n(end.in.begin(), count, into.begin());
    end.in.erase(0, count);
    return {net::Transfer::State::done, count};
  }
  net::Transfer send(int socket, std::span<const iovec> from) override {
    End& end = ends_.at(socket);
    if (end.failed) return {net::Transfer::State::failed};
    EXPECT_FALSE(end.write_shut) << "nothing may be sent behind the end";
    std::size_t sent = 0;
    for (const iovec& part : from) {
      const std::size_t count = std::min(part.iov_len, end.room);
      end.out.append(static_cast<const char*>(part.iov_base), count);
      end.room -= count;
      sent += count;
    }
    if (end.holds) return {net::Transfer::State::would_block, sent};
    if (sent == 0) return {net::Transfer::State::would_block};
    return {net::Transfer::State::done, sent};
  }
  void shutdown_write(int socket) override { ends_.at(socket).write_shut = true; }
  void remove(int socket) override { ends_.erase(socket); }
  void reset(int socket) override {
    ends_.erase(socket);
    ++resets;
  }

  int resets = 0;
  bool has(int socket) const { return ends_.contains(socket); }
  End& end(int socket) { return ends_.at(socket); }
  void ready(int socket) {
    owner_->on_ready(ends_.at(socket).tag,
                     {true, ends_.at(socket).room > 0 && !ends_.at(socket).holds, ends_.at(socket).in_ended});
    owner_->on_turn_end();
  }

 private:
  Owner* owner_ = nullptr;
  std::map<int, End> ends_;
};

struct HandControl final : Control {
  struct Question {
    std::string name;
    std::optional<std::uint64_t> engine;
    OnResolved on_resolved;
  };
  struct Listing {
    docker::ListQuery query;
    OnContainers on_containers;
  };
  struct Inspection {
    std::string name;
    OnInspected on_inspected;
  };
  struct Downloading {
    std::string name;
    feeds::Download asked;
  };
  struct Look {
    roster::Kind kind;
    roster::Roster::OnView on_view;
  };
  struct PageWanted {
    feeds::PageAsked asked;
    feeds::OnPage on_page;
  };
  struct Publishing {
    messages::Publication publication;
    OnPublished on_published;
  };
  struct MessagesWanted {
    std::string channel;
    messages::Range range;
    OnMessages on_page;
  };
  struct PresenceWanted {
    std::string channel;
    OnPresence on_presence;
  };
  struct Sending {
    messages::Letter letter;
    OnReached on_reached;
  };
  struct Leaving {
    hub::Follower follower;
    net::Callback done;
  };
  void resolve(net::Loop&, Sought sought, OnResolved on_resolved) override {
    questions.push_back({std::move(sought.name), sought.engine, std::move(on_resolved)});
  }
  void list(net::Loop&, docker::ListQuery query, OnContainers on_containers) override {
    listings.push_back({std::move(query), std::move(on_containers)});
  }
  void inspect(net::Loop&, std::string name, OnInspected on_inspected) override {
    inspections.push_back({std::move(name), std::move(on_inspected)});
  }
  void look(net::Loop&, roster::Kind kind, roster::Roster::OnView on_view) override {
    looks.push_back({kind, std::move(on_view)});
  }
  void tell(std::vector<roster::SessionNews> news) override { told.insert(told.end(), news.begin(), news.end()); }
  void download(std::string name, feeds::Download asked) override {
    downloads.push_back({std::move(name), std::move(asked)});
  }
  void end_download(const hub::Follower& asker) override { ended_downloads.push_back(asker); }
  void drain() override { ++drains; }
  void page(net::Loop&, feeds::PageAsked asked, feeds::OnPage on_page) override {
    pages.push_back({std::move(asked), std::move(on_page)});
  }
  void publish(net::Loop&, messages::Publication publication, OnPublished on_published) override {
    publications.push_back({std::move(publication), std::move(on_published)});
  }
  void read_messages(net::Loop&, std::string channel, messages::Range range, OnMessages on_page) override {
    readings.push_back({std::move(channel), range, std::move(on_page)});
  }
  void presence(net::Loop&, std::string channel, OnPresence on_presence) override {
    presences.push_back({std::move(channel), std::move(on_presence)});
  }
  void send(net::Loop&, messages::Letter letter, OnReached on_reached) override {
    letters.push_back({std::move(letter), std::move(on_reached)});
  }
  void follow(feeds::Follow follow) override { follows.push_back(std::move(follow)); }
  void unfollow(const hub::Follower& follower, net::Callback done) override {
    leavings.push_back({follower, std::move(done)});
  }
  void on_behind(const hub::Follower& follower, const hub::Joint&) override { behind.push_back(follower); }
  void on_drained(const hub::Follower&, std::size_t bytes) override { drained += bytes; }

  std::vector<Question> questions;
  std::vector<Listing> listings;
  std::vector<Inspection> inspections;
  std::vector<Look> looks;
  std::vector<roster::SessionNews> told;
  std::vector<Downloading> downloads;
  std::vector<hub::Follower> ended_downloads;
  std::vector<PageWanted> pages;
  std::vector<Publishing> publications;
  std::vector<MessagesWanted> readings;
  std::vector<PresenceWanted> presences;
  std::vector<Sending> letters;
  std::vector<feeds::Follow> follows;
  std::vector<Leaving> leavings;
  std::vector<hub::Follower> behind;
  std::size_t drained = 0;
  int drains = 0;  // asked for
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    settings.instance = "one";
    settings.session_prefix = "one-ff";
  }
  void start(auth::Settings who = {}) {
    access = std::make_unique<auth::Access>(std::move(who));
    server = std::make_unique<Server>(
        Server::Parts{loop, sockets, fanout, control, *access, metrics, beats, addresses, 3}, settings);
    loop.settle();
  }

  int connect(net::PeerAddress peer = {std::string_view("\x7f\0\0\1", 4), 4711}) {
    if (!server) start();
    const int socket = ++sockets_made;
    server->accept({net::Socket(socket, [](int) {}), peer});
    loop.settle();
    return socket;
  }
  // The client says something; what it is sent for it.
  std::string say(int socket, std::string_view bytes) {
    sockets.end(socket).in += bytes;
    sockets.ready(socket);
    loop.settle();
    return heard(socket);
  }
  std::uint64_t struck(Limit limit) const { return metrics.limits[limit].value(); }
  std::string heard(int socket) { return sockets.has(socket) ? std::exchange(sockets.end(socket).out, {}) : ""; }
  bool gone(int socket) const { return !sockets.has(socket); }
  void close(int socket) {
    sockets.end(socket).in_ended = true;
    sockets.ready(socket);
  }

  static std::string request(const std::string& target, const std::string& headers = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }
  static std::string upgrade(const std::string& target, const std::string& headers = {}) {
    return request(target,
                   "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                       headers);
  }
  static inline const std::string v1 = "Sec-WebSocket-Protocol: dockcast.v1\r\n";

  // An open WebSocket. What came behind the 101 answer stays to be heard.
  int open(const std::string& target = "/ws", const std::string& headers = {}) {
    const int socket = connect();
    std::string answer = say(socket, upgrade(target, headers));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    sockets.end(socket).out = answer.substr(answer.find("\r\n\r\n") + 4);
    return socket;
  }
  static std::string frame(std::string_view text, ws::Opcode opcode = ws::Opcode::text) {
    std::string out;
    ws::append_masked_frame(out, opcode, text, {1, 2, 3, 4});
    return out;
  }
  // What a client reads: messages as they are, control frames as "ping", "pong x", "close 1000 why".
  static std::vector<std::string> frames(std::string bytes) {
    std::vector<std::string> all;
    ws::Decoder decoder;
    std::span<char> rest(bytes);
    for (;;) {
      const ws::Event event = decoder.next(rest, {.message_bytes_max = 1 << 24, .masked = false});
      const std::string text(event.text);
      switch (event.kind) {
        case ws::Event::Kind::none:
          EXPECT_FALSE(decoder.unfinished()) << "frames come whole";
          return all;
        case ws::Event::Kind::text:
          all.push_back(text);
          break;
        case ws::Event::Kind::ping:
          all.push_back("ping");
          break;
        case ws::Event::Kind::pong:
          all.push_back("pong " + text);
          break;
        case ws::Event::Kind::close:
          all.push_back("close " + std::to_string(event.code) + (text.empty() ? "" : " " + text));
          return all;
        default:
          all.push_back("broken");
          return all;
      }
    }
  }
  std::vector<std::string> talk(int socket, std::string_view text) { return frames(say(socket, frame(text))); }
  std::vector<std::string> heard_frames(int socket) { return frames(heard(socket)); }
  void subscribed(const hub::Follower& follower) { server->on_subscribed(follower.name, {"p1.x", "", "", {}}); }
  // A subscribed session on `/ws/containers/aaa…/logs`.
  int follow() {
    const int socket = open("/ws/containers/" + container + "/logs", v1);
    subscribed(control.follows.back().follower);
    heard(socket);
    return socket;
  }

  const std::string container = std::string(64, 'a');
  ServerSettings settings;
  HandLoop loop;
  HandSockets sockets;
  hub::Fanout fanout{loop, sockets};
  HandControl control;
  metrics::Registry registry;
  Metrics metrics{registry, "one", "0.1"};
  Beats beats;
  AddressCounts addresses{7};
  std::unique_ptr<auth::Access> access;
  std::unique_ptr<Server> server;
  int sockets_made = 100;
};

}  // namespace api::testing_bench
