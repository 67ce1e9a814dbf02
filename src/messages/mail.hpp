// Mail: what is said to one session, or to every session of a subject, wherever in the cluster they are. Each instance
// hears letters on a bus channel of its own and on one of all, delivers them to those who are here, and says how many
// that were; whoever sent one counts until everybody has answered whom Redis gave it to.
//
// The same way everybody is asked something, and what they say is gathered.
//
// On the bus: version u8 (1) · kind u8 (0 letter, 1 answer, 2 question) · number u64; a letter: sender, to, data as
// base::put_text and u8 whether it is for a subject; an answer: u64 and a text; a question: sender and a text. Thread:
// its loop's. Bounds: `answer_max` for an answer, so many letters and questions under way at once (then `unavailable`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.hpp"
#include "bus/bus.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

namespace messages {

struct Letter {
  bool to_subject = false;  // else to one session
  std::string to;           // the subject, or the session's name: its instance's, "-" and a number
  std::string data;         // JSON in one line
};

class Mail final : private bus::Listener {
 public:
  using OnReached = base::Callback<void(std::uint64_t sessions)>;
  struct Office {
    // To those who are on this instance. Answers on the loop, not inside the call.
    std::function<void(const Letter&, OnReached)> deliver;
    // What this instance says to a question.
    std::function<std::string(std::string_view question)> reply;
  };

  Mail(net::Loop& loop, bus::Bus& bus, std::string instance, Office office);
  Mail(const Mail&) = delete;

  // How many sessions it reached. Fault::unavailable: nobody knows.
  net::Task<base::Result<std::uint64_t>> send(Letter letter);
  // What each instance replies, as far as it came in time; in no order. Fault::unavailable: nobody was asked.
  net::Task<base::Result<std::vector<std::string>>> ask(std::string question);

 private:
  struct Sent;
  void on_following() override {}
  void on_frame(std::string_view frame) override;
  void on_lost() override {}
  // False: it is too late for some.
  net::Task<bool> gather(Sent& sent, std::string box, std::string frame);
  void answer(const std::string& sender, std::uint64_t number, std::uint64_t reached, std::string_view text);

  net::Loop& loop_;
  bus::Bus& bus_;
  const std::string instance_;
  const Office office_;
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, Sent*> sent_;  // by number: those that wait for answers
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::unique_ptr<bus::Following> own_, all_;
};

}  // namespace messages
