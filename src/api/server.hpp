// Server: the clients of one serving loop: HTTP requests, then WebSocket sessions. It owns their slots, listens to
// their sockets (ClientSockets::Owner), speaks through the loop's Fanout, and carries out what conversations decide.
//
//   socket ──▶ HTTP (server_http, routes) ──upgrade──▶ decoder ──▶ Conversation ──Effects──▶ Fanout, Control
//
// Thread: its loop's; accept() and load() from any. Slots are numbered as in the Fanout; news from other loops names
// slot and generation, so that it never touches a newcomer. Bounds: ServerSettings. Not here: what is decided
// (conversation), what messages of channels look like (feeds), who sends when (hub).
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "api/address_counts.hpp"
#include "api/control.hpp"
#include "api/departures.hpp"
#include "api/files.hpp"
#include "api/health.hpp"
#include "api/metrics.hpp"
#include "api/session_slot.hpp"
#include "net/client_sockets.hpp"
#include "net/timer_wheel.hpp"
#include "ws/deflate.hpp"

namespace api {

http::Refusal unauthorized(std::string message);

class Server final : public net::ClientSockets::Owner,
                     public hub::FanoutObserver,
                     public feeds::Followers,
                     public feeds::Downloads,
                     public Recipients,
                     public roster::Census {
 public:
  struct Parts {
    net::Loop& loop;
    net::ClientSockets& sockets;
    hub::Fanout& fanout;
    Control& control;
    const auth::Access& access;
    Metrics& metrics;
    Beats& beats;
    AddressCounts& addresses;   // of all serving loops
    std::uint32_t loop_number;  // as the Hub counts
  };
  // Before the loop's thread starts. Becomes the owner of the sockets and the observer of the fan-out.
  Server(Parts parts, const ServerSettings& settings);
  ~Server() override;  // closes what is open, without a word

  // Any thread.
  void accept(net::Accepted accepted);
  std::uint32_t load() const { return load_.load(std::memory_order_relaxed); }  // sockets, those on their way too

  // On the loop, one after the other (server_leaving.cpp). notice(): readiness says that it goes; everything else is as
  // it was. leave(): clients are told to go, newcomers too; `done`, once, when nobody is left. end(): who is here is
  // closed, and newcomers are refused.
  void notice();
  void leave(Departures& departures, net::Callback done);
  void end();
  void on_facts(const Facts& facts) { facts_ = facts; }

  // Recipients: of this loop (server_mail.cpp).
  std::uint64_t deliver(const messages::Letter& letter) override;
  // roster::Census: of this loop.
  void take(std::size_t most, OnPart on_part) override;

  // net::ClientSockets::Owner
  void on_ready(std::uint32_t slot, net::ClientSockets::Ready ready) override;
  void on_turn_end() override;
  // hub::FanoutObserver
  void on_behind(const hub::FollowerName& follower, const hub::Joint& joint) override;
  void on_drained(const hub::FollowerName& follower, std::size_t bytes) override;
  void on_broken(std::uint32_t slot) override;
  // feeds::Followers
  void on_subscribed(const hub::FollowerName& follower, const feeds::Subscribed& subscribed) override;
  void on_refused(const hub::FollowerName& follower, const base::Error& error) override;
  void on_ended(const hub::FollowerName& follower) override;
  // feeds::Downloads
  void on_download_begun(const hub::FollowerName& asker) override;
  void on_download_piece(const hub::FollowerName& asker, std::string_view piece) override;
  void on_download_ended(const hub::FollowerName& asker, const std::optional<base::Error>& error) override;

 private:
  using State = SessionSlot::State;

  // server.cpp: sockets and slots
  void take(net::Accepted accepted);
  SessionSlot* find(const hub::Session& session);
  void read(SessionSlot& slot);
  bool reads(const SessionSlot& slot) const;
  void consume(SessionSlot& slot, std::span<char> bytes);
  void on_input_end(SessionSlot& slot);
  void part(SessionSlot& slot);
  bool unsaid(const SessionSlot& slot) const;
  void proceed(SessionSlot& slot);
  void remove(SessionSlot& slot);

  // server_deadlines.cpp
  void on_due(SessionSlot& slot);
  void on_due_open(SessionSlot& slot);
  void arm(SessionSlot& slot, net::Duration delay);
  void watch(SessionSlot& slot);
  void tick();
  void count();
  void strike(Limit limit) { metrics_.limits[limit].add(); }
  Liveness::Socket outlet(const SessionSlot& slot) const;

  // server_http.cpp
  void consume_http(SessionSlot& slot, std::span<char> bytes);
  void dispatch(SessionSlot& slot, const http::Request& request);
  void give_file(SessionSlot& slot, const http::Request& request, const File& file);
  void list_containers(SessionSlot& slot, const http::Request& request);
  std::optional<auth::Identity> admit_change(SessionSlot& slot, const http::Request& request, auth::Verb verb);
  void drain(SessionSlot& slot, const http::Request& request);
  void tell_presence(SessionSlot& slot, const http::Request& request, std::string_view name);
  void tell_container(SessionSlot& slot, const http::Request& request, std::string_view name);
  std::optional<http::Refusal> forbids(const http::Request& request, auth::Verb verb);
  void answer_late(const hub::Session& session, const base::Result<std::string>& json, int status = 200);
  void answered(SessionSlot& slot);
  void tell_live(SessionSlot& slot, const http::Request& request);
  void tell_ready(SessionSlot& slot, const http::Request& request);
  void tell_websocket(SessionSlot& slot, const http::Request& request);
  void tell_metrics(SessionSlot& slot, const http::Request& request);
  void answer(SessionSlot& slot, const http::Response& response);
  void refuse(SessionSlot& slot, const http::Refusal& refusal);
  // What was asked of http->container: where that stands for several, they are named.
  void refuse_container(SessionSlot& slot, const base::Error& error);
  void refuse_ambiguous(SessionSlot& slot, const base::Error& error, const std::vector<docker::Candidate>& candidates);
  std::string_view local_path(std::string_view path) const;
  Vitals vitals() const;

  // server_mail.cpp
  bool affords_publishing(SessionSlot& slot);
  base::Error too_fast() const;
  void refuse_publishing(SessionSlot& slot);
  void publish(SessionSlot& slot, const http::Request& request);
  bool send(SessionSlot& slot, const http::Request& request, std::string_view path);

  // server_cluster.cpp
  struct Look {
    auth::Verb verb;
    roster::Kind kind;
    std::string (*json)(const roster::View&);
  };
  void list_instances(SessionSlot& slot, const http::Request& request);
  void list_sessions(SessionSlot& slot, const http::Request& request);
  void list_channels(SessionSlot& slot, const http::Request& request);
  void look(SessionSlot& slot, const http::Request& request, const Look& look);
  struct Telling {
    std::uint32_t next;  // slot
    std::size_t most;
    OnPart on_part;
  };
  void tell_later(Telling telling);
  void tell_some(Telling telling);
  const ChannelNames* told_channels() const { return settings_.tells_channels ? &channels_ : nullptr; }
  void tell_opened(const SessionSlot& slot);
  void tell_closed(const SessionSlot& slot);
  void note_change(SessionSlot& slot);
  void tell();

  // server_download.cpp
  void download(SessionSlot& slot, const http::Request& request, std::string_view name);
  SessionSlot* downloading(const hub::FollowerName& asker);
  void end_download(SessionSlot& slot);
  void on_due_download(SessionSlot& slot);

  // server_stream.cpp
  void stream(SessionSlot& slot, const http::Request& request, const std::string& channel);
  void follow_stream(SessionSlot& slot, const std::string& rest);
  void begin_stream(SessionSlot& slot, const feeds::Subscribed& answer);
  void end_stream(SessionSlot& slot);
  void refuse_stream(SessionSlot& slot, const base::Error& error);
  void on_due_stream(SessionSlot& slot);

  // server_upgrade.cpp
  void upgrade(SessionSlot& slot, const http::Request& request, std::string channel);
  http::OrRefusal<auth::Identity> admit(const http::Request& request);
  bool origin_welcome(const http::Request& request) const;

  // server_leaving.cpp
  enum class Stay : std::uint8_t { serving, noticed, leaving, ended };
  struct Departure {
    hub::Session session;
    bool last;  // it is closed then; else it should have gone by then
  };
  void tell_to_go(SessionSlot& slot);
  void depart();
  void dismiss(SessionSlot& slot, net::Instant place);

  // server_session.cpp
  void consume_frames(SessionSlot& slot, std::span<char> bytes);
  void on_text(SessionSlot& slot, std::string_view text);
  void on_fault(SessionSlot& slot, const ws::Event& fault);
  bool affords(SessionSlot& slot, Limit limit, std::string_view command);
  void obey(SessionSlot& slot, std::string_view text);
  void work_off(SessionSlot& slot);
  void carry_out(SessionSlot& slot, const Effects& effects);
  void carry_out(SessionSlot& slot, const Effect& effect);
  void carry_out_message(SessionSlot& slot, const Effect& effect);
  void say(SessionSlot& slot, std::string_view text, Family family = Family::many);
  void say_control(SessionSlot& slot, ws::Opcode opcode, std::string_view payload);
  void hang(SessionSlot& slot, std::uint16_t code, std::string_view reason);
  void end_talk(SessionSlot& slot, CountedClose close);
  Terms terms(const SessionSlot& slot);
  hub::Follower follower(const SessionSlot& slot, std::uint32_t subscription) const;

  net::Loop& loop_;
  net::ClientSockets& sockets_;
  hub::Fanout& fanout_;
  Control& control_;
  const auth::Access& access_;
  Metrics& metrics_;
  Beats& beats_;
  AddressCounts& addresses_;
  const std::uint32_t loop_number_;
  const ServerSettings& settings_;
  const std::size_t beat_;

  std::deque<SessionSlot> slots_;  // a deque: slots stay where they are
  // By slot: who speaks WebSocket there, to be found without looking at everybody.
  struct Name {
    std::uint64_t number = 0;  // 0: nobody
    const char* subject = nullptr;
  };
  std::deque<Name> names_;
  void name(const SessionSlot& slot);
  std::vector<std::uint32_t> free_;
  std::atomic<std::uint32_t> load_ = 0;
  ChannelNames channels_;
  std::uint64_t sessions_ = 0;  // so far
  net::TimerWheel deadlines_;   // by slot

  std::array<char, 4096> buffer_;  // what was just received, of whomever; so much a turn
  std::string frame_, pong_;       // being made; keep their memory
  ws::Inflater inflater_;
  std::vector<hub::Session> again_;        // who has more to read than one turn gives
  std::vector<roster::SessionNews> news_;  // not told yet
  std::vector<hub::Session> changed_;      // and of whom there is more
  Facts facts_;
  Stay stay_ = Stay::serving;
  Departures* departures_ = nullptr;  // leaving
  std::multimap<net::Instant, Departure> departing_;
  std::int64_t remaining_ = 0;  // who was left at the last look
  net::Callback on_left_;
  hub::FanoutCounts counted_;  // what count() has passed on
  std::int64_t waiting_bytes_ = 0;
  net::Instant counted_at_{};
  net::Timer ticker_;
};

}  // namespace api
