// The messages of the protocol, for this room.
#pragma once

#include "base/message.hpp"
#include "feeds/follow.hpp"

namespace api {

using base::Message;

// What a subscription came to: position, recovered, reason, lost.
inline Message& add_answer(Message& message, const feeds::Subscribed& answer) {
  message.text_if("position", answer.position).text_if("recovered", answer.recovered);
  message.text_if("reason", answer.reason);
  if (!answer.lost) return message;
  Message lost;
  lost.text("from", answer.lost->from).text("to", answer.lost->to).text("reason", answer.lost->reason);
  return message.raw("lost", lost.take());
}

}  // namespace api
