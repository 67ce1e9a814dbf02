// ControlLoop: the Control that is real: Docker is asked and the feeds are told on the control loop, whoever asks.
// Until there are feeds (no Engine has answered yet) who wants to follow is refused as `unavailable`.
//
// Threads: what Control says from any serving loop, everything else on the control loop; made before the threads start.
// It and the asking Servers outlive both loops' threads. Bounds: eight questions at a time, the others wait in order;
// one name that many look for at once is asked for once.
#pragma once

#include <map>
#include <vector>

#include "api/broadcasts.hpp"
#include "api/control.hpp"
#include "api/engines.hpp"
#include "feeds/feeds.hpp"
#include "feeds/message_feeds.hpp"
#include "feeds/plain_channels.hpp"
#include "net/gate.hpp"
#include "roster/connection_keys.hpp"

namespace api {

class ControlLoop final : public Control, public roster::Census {
 public:
  struct Parts {
    net::Loop& loop;
    hub::Hub& hub;
    roster::Roster& roster;
  };
  explicit ControlLoop(Parts parts) : parts_(parts), engines_(parts.loop), questions_(parts.loop, 8, 1000) {}

  // Of each serving loop, in the order in which the Hub counts them.
  void add_server(feeds::Followers& followers, roster::Census& census, Recipients& recipients) {
    followers_.push_back(&followers);
    censuses_.push_back(&census);
    recipients_.push_back(&recipients);
  }
  // Called on the control loop.
  void set_on_drain(net::Callback on_drain) { on_drain_ = std::move(on_drain); }
  // On the control loop, before anybody asks; it outlives what it is used for.
  void set_overview(feeds::Overview& overview) { overview_ = &overview; }
  struct Messages {
    feeds::MessageFeeds& kept;
    feeds::PlainChannels& plain;
    messages::Mail& mail;
  };
  // Is told what becomes of the sessions here; it outlives them.
  void set_connection_keys(roster::ConnectionKeys& keys) { connection_keys_ = &keys; }
  void set_messages(const Messages& messages) { messages_.emplace(messages); }
  // To those who are on this instance (messages::Mail::Office).
  void deliver(const messages::Letter& letter, messages::Mail::OnReached on_reached);
  // What another back-end says (broadcasts.hpp).
  void say(Family family, const Broadcast& broadcast);
  // On the control loop.
  Engines& engines() { return engines_; }
  const Engines& engines() const { return engines_; }
  // Drops what waits for answers.
  void end() { jobs_.cancel(); }
  // Tells the cluster which channels there are here.
  void tell_channels();

  void resolve(net::Loop& asker, Sought sought, OnResolved on_resolved) override;
  void list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers) override;
  void inspect(net::Loop& asker, std::string name, OnInspected on_inspected) override;
  void look(net::Loop& asker, roster::Kind kind, roster::Roster::OnView on_view) override;
  void tell(std::vector<roster::SessionNews> news) override;
  void download(std::string name, feeds::Download asked) override;
  void end_download(const hub::Follower& asker) override;
  void drain() override;
  void page(net::Loop& asker, feeds::PageAsked asked, feeds::OnPage on_page) override;
  void publish(net::Loop& asker, messages::Publication publication, OnPublished on_published) override;
  void read_messages(net::Loop& asker, std::string channel, messages::Range range, OnMessages on_page) override;
  void presence(net::Loop& asker, std::string channel, OnPresence on_presence) override;
  void send(net::Loop& asker, messages::Letter letter, OnReached on_reached) override;
  void follow(feeds::Follow follow) override;
  void unfollow(const hub::Follower& follower, net::Callback done) override;
  void on_behind(const hub::Follower& follower, const hub::Joint& joint) override;
  void on_drained(const hub::Follower& follower, std::size_t bytes) override;

  // roster::Census: over all serving loops, on the control loop.
  void take(std::size_t most, OnPart on_part) override;

 private:
  // Before the Engine is asked: it may hang, and strangers may ask for more than it can answer.
  static constexpr net::Duration question_patience = std::chrono::seconds(30);

  struct Asker {
    net::Loop& loop;
    std::optional<std::uint64_t> engine;
    OnResolved on_resolved;
  };
  net::Task<void> find(std::string name);
  net::Task<base::Result<Engines::Found>> found(std::string name, std::vector<docker::Candidate>& candidates);
  net::Task<base::Result<feeds::Feeds*>> feeds_of(std::string container);
  // The same by asking, whatever is known.
  net::Task<base::Result<feeds::Feeds*>> feeds_found(std::string container);
  net::Task<base::Result<Containers>> listed(docker::ListQuery query);
  net::Task<void> answer_list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers);
  net::Task<void> answer_inspect(net::Loop& asker, std::string name, OnInspected on_inspected);
  net::Task<base::Result<Inspected>> look_at(std::string name);
  net::Task<void> begin_download(std::string name, feeds::Download asked);
  net::Task<void> answer_page(feeds::PageAsked asked, feeds::OnPage on_page);
  net::Task<void> answer_publish(net::Loop& asker, messages::Publication publication, OnPublished on_published);
  net::Task<void> answer_presence(net::Loop& asker, std::string channel, OnPresence on_presence);
  net::Task<void> answer_send(net::Loop& asker, messages::Letter letter, OnReached on_reached);
  net::Task<void> answer_messages(net::Loop& asker, std::string channel, messages::Range range, OnMessages on_page);
  void begin(feeds::Follow follow);
  net::Task<void> look_for(hub::Follower follower);
  const Engines::Engine* home_of(const feeds::Follow& follow) const;
  bool comes_from_elsewhere(const feeds::Follow& follow) const;
  // A position that names this Engine knows better than `not_found`.
  base::Error judged(base::Error error, const std::optional<std::uint64_t>& engine) const;
  void confirm(const hub::Follower& follower);
  void refuse(const hub::Follower& follower, const base::Error& error);
  void drop(const hub::Follower& follower);
  template <class Call>
  void each_feeds(Call call) const;

  Parts parts_;
  std::vector<feeds::Followers*> followers_;
  std::vector<roster::Census*> censuses_;
  std::vector<Recipients*> recipients_;
  struct Taking {
    OnPart on_part;
    std::size_t loops;  // that have more to say
  };
  std::map<std::uint64_t, Taking> takings_;
  std::uint64_t taken_ = 0;  // so far
  Engines engines_;
  feeds::Overview* overview_ = nullptr;
  roster::ConnectionKeys* connection_keys_ = nullptr;  // none: nobody wants them
  std::optional<Messages> messages_;
  net::Callback on_drain_;
  std::map<std::string, std::vector<Asker>> wanted_;                  // by name
  std::map<hub::Follower, feeds::Follow, feeds::ByName> looked_for_;  // those whose container's Engine is not known
  net::Gate questions_;
  net::Jobs jobs_;
};

}  // namespace api
