// Conversation: what one WebSocket session has agreed with its client: who it is, what it follows, and the one command
// that waits for an answer from elsewhere (protocol.md, "Client → server"). Pure: inputs come as calls, what is to be
// done comes back as Effects; time, chance and settings are passed in with Terms.
//
//   nobody ──connect with a token──▶ known ──first command, or a path with dockcast.v1──▶ connected
//
// Commands are handled in order: while one waits (busy), the server holds the next ones back. A `connect` waits for all
// of its subscriptions, which are looked for side by side.
//
// Owner and thread: a session's slot, its serving loop. At rest it is 48 bytes and 8 for each subscription.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/channel.hpp"
#include "api/channel_names.hpp"
#include "api/command.hpp"
#include "api/effect.hpp"
#include "api/history.hpp"
#include "api/message.hpp"
#include "api/settings.hpp"
#include "api/verdict.hpp"
#include "auth/access.hpp"
#include "net/random.hpp"

namespace api {

// What a step may look at.
struct Terms {
  const ServerSettings& settings;
  const auth::Access& access;
  ChannelNames& channels;
  net::Random& random;  // for `ref`
  net::WallTime now;
  std::uint64_t session;  // its number; the name is printed when it is said
};

class Conversation {
 public:
  // How the connection was opened. `wish`: what its path is about; none on `/ws`.
  struct Opening {
    auth::Identity identity;  // of the request's credentials, if it had any
    bool batches = false;     // subprotocol dockcast.v1
    std::optional<Wish> wish;
    bool deflate = false;    // channels may be sent deflated
    bool unwrapped = false;  // payloads of application and plain channels come by themselves
  };
  Conversation() = default;
  // Right after the upgrade.
  Effects open(Opening opening, const Terms& terms);

  // Only while it is not busy.
  Effects receive(std::string_view text, const Terms& terms);

  // A command that is not to be handled, whether busy or not.
  Effects turn_down(std::string_view text, const Failure& failure, const Terms& terms);

  // Answers to effects.
  Effects resolved(std::uint32_t item, const Resolution& resolution, const Terms& terms);
  Effects subscribed(std::uint32_t subscription, const feeds::Subscribed& answer, const Terms& terms);
  Effects refused(std::uint32_t subscription, const base::Error& error, const Terms& terms);
  Effects unfollowed(std::uint32_t subscription, const Terms& terms);
  Effects page_read(std::uint32_t item, const base::Result<feeds::Page>& page, const Terms& terms);
  Effects messages_read(std::uint32_t item, const base::Result<messages::Page>& page, const Terms& terms);
  Effects presence_told(std::uint32_t item, const base::Result<feeds::Presence>& presence, const Terms& terms);
  Effects published(std::uint32_t item, const base::Result<messages::Published>& answer, const Terms& terms);
  // The container is gone and with it the subscription.
  Effects ended(std::uint32_t subscription, const Terms& terms);

  // The client gave no credentials in time.
  Effects give_up(const Terms& terms);

  // A command waits for an answer.
  bool busy() const { return waiting_ != nullptr && waiting_->kind != Waiting::Kind::nothing; }
  bool known() const { return identity_.known(); }
  bool quiet() const { return quiet_; }
  const auth::Identity& identity() const { return identity_; }
  // The channels' names by subscription number; 0 is a free number.
  std::span<const ChannelNames::Number> subscriptions() const { return subscriptions_; }
  // It is over: gives the channels' names back.
  void end(ChannelNames& channels);

 private:
  struct Item {  // one subscription that was asked for
    enum class State : std::uint8_t { done, resolving, queued, following, unfollowing, reading, publishing, asking };
    Wish wish;
    LogOptions options = {};
    feeds::PageAsked page = {};   // of `history` of a log
    MessagesAsked messages = {};  // and of an application channel
    State state = State::done;
    Family family = Family::container_logs;
    std::uint32_t subscription = 0;
    std::string container = {};  // its full id, where the channel is of one
    std::string result = {};     // the answer
    std::optional<Failure> failure = {};
  };
  struct Waiting {  // the command that waits
    enum class Kind : std::uint8_t { nothing, path, connect, subscribe, unsubscribe, history, publish, presence };
    Kind kind = Kind::nothing;
    std::string id = {};
    std::vector<Item> items = {};
    std::size_t open = 0;            // items that are not done
    std::optional<Wish> later = {};  // what the path is about, until it is known who asks
  };
  struct Step {  // what one input leads to
    const Terms& terms;
    Effects effects = {};
    void say(std::string text) { effects.emplace_back(Say{std::move(text)}); }
  };

  void open_up(Step& step);
  void obey(Command command, Step& step);
  void connect(Command command, Step& step);
  void begin(Waiting::Kind kind, std::string id, std::vector<Wish> wishes, Step& step);
  void begin_path(Step& step);
  void publish(Command command, Step& step);
  void look_at(std::uint32_t number, Step& step);
  void found(Item& item, const std::string& container, Step& step);
  void fail_as_too_many(Item& item, Step& step);
  bool allowed(const Item& item, Step& step) const;
  void follow(Item& item, bool fresh, Step& step);
  base::Result<void> understand(Item& item, const Terms& terms) const;
  void settle(Item& item, std::string result, Step& step);
  void fail(Item& item, const Failure& failure, Step& step, const std::vector<docker::Candidate>& candidates = {});
  void forget(std::uint32_t subscription, Step& step);
  Effects finish(Step& step);
  void say_connected(std::string_view id, std::span<const Item> items, Step& step);
  void say_error(Message message, const Failure& failure, Step& step);
  std::string error_text(Message message, const Failure& failure, const Terms& terms) const;
  static std::string session_name(const Terms& terms);
  Message reply(std::string_view type) const;
  std::optional<std::uint32_t> subscription_of(std::string_view channel, const Terms& terms) const;
  Item* waiting_for(std::uint32_t subscription, Item::State state);

  auth::Identity identity_;
  bool batches_ = false, deflate_ = false;
  bool unwrapped_ = false;                           // opened by a path on which payloads come by themselves
  bool quiet_ = false;                               // protocol.md, "Quiet opening"
  bool connected_ = false;                           // `connected` was said
  bool commanded_ = false;                           // a command was handled: too late for `connect`
  std::vector<ChannelNames::Number> subscriptions_;  // by number
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace api
