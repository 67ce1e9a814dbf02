// What a conversation decides to do: values, carried out by the server (server_session.cpp), compared by tests.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "api/limit.hpp"
#include "base/result.hpp"
#include "docker/client.hpp"
#include "feeds/follow.hpp"
#include "feeds/log_pages.hpp"
#include "messages/store.hpp"

namespace api {

// A message for the client, in order with everything else it is sent.
struct Say {
  std::string text;
};
// The conversation is over; nothing follows.
struct Hang {
  std::uint16_t code;
  std::string reason;
};
// Which container is meant? Answered with Conversation::resolved().
struct Resolve {
  std::uint32_t item;
  std::string name;
  std::optional<std::uint64_t> engine = {};  // of the position that it resumes from
};
// Answered with subscribed() or refused(). `fresh`: the number is new, else the options of one that exists change.
struct Follow {
  std::uint32_t subscription;
  bool fresh;
  feeds::Source source;
  std::string container;  // its full id; empty where the channel is of none
  feeds::Shape shape;
  feeds::Start start;
  feeds::Who who = {};
};
// Answered with unfollowed(), behind the last message of the subscription.
struct Unfollow {
  std::uint32_t subscription;
};
// The number is free again.
struct Forget {
  std::uint32_t subscription;
  feeds::Source source;
};

// The client ran into a limit: to be counted.
struct Strike {
  Limit limit;
};

// Answered with page_read().
struct ReadPage {
  std::uint32_t item;
  feeds::PageAsked asked;
};

// Answered with published().
struct Publish {
  std::uint32_t item;
  messages::Publication publication;
};
// Answered with messages_read().
struct ReadMessages {
  std::uint32_t item;
  std::string channel;
  messages::Range range;
};

// Answered with presence_told().
struct AskPresence {
  std::uint32_t item;
  std::string channel;
};

using Effect =
    std::variant<Say, Hang, Resolve, Follow, Unfollow, Forget, ReadPage, Publish, ReadMessages, AskPresence, Strike>;
using Effects = std::vector<Effect>;

// Which container a name stands for.
struct Resolution {
  base::Result<std::string> id;                    // the full one
  std::vector<docker::Candidate> candidates = {};  // with Fault::ambiguous
};

}  // namespace api
