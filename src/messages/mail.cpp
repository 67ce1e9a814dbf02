#include "messages/mail.hpp"

#include <optional>

#include "base/bytes.hpp"
#include "net/signal.hpp"

namespace messages {
namespace {

using base::Error;
using base::Fault;
using base::put;
using base::put_text;
using base::Result;

constexpr std::uint8_t version = 1, is_letter = 0, is_answer = 1, is_question = 2;
constexpr net::Duration answer_max = std::chrono::seconds(1);
constexpr std::size_t sent_max = 1000;
constexpr std::string_view everybody = "mail/all";

Error too_many() { return {Fault::unavailable, "Too many messages and questions wait for answers"}; }

std::string box_of(std::string_view instance) { return "mail/" + std::string(instance); }

std::string head(std::uint8_t kind, std::uint64_t number) {
  std::string frame;
  put(frame, version);
  put(frame, kind);
  put(frame, number);
  return frame;
}

}  // namespace

struct Mail::Sent {
  Sent(Mail& mail_in, std::uint64_t number_in) : mail(mail_in), number(number_in), changed(mail_in.loop_) {
    mail.sent_.emplace(number, this);
  }
  ~Sent() { mail.sent_.erase(number); }
  Sent(const Sent&) = delete;

  Mail& mail;
  const std::uint64_t number;
  std::uint64_t reached = 0, answers = 0;
  std::vector<std::string> texts;
  std::optional<Result<std::uint64_t>> receivers;
  net::Signal changed;
};

Mail::Mail(net::Loop& loop, bus::Bus& bus, std::string instance, Office office)
    : loop_(loop), bus_(bus), instance_(std::move(instance)), office_(std::move(office)) {
  own_ = bus_.follow(box_of(instance_), *this);
  all_ = bus_.follow(everybody, *this);
}

net::Task<Result<std::uint64_t>> Mail::send(Letter letter) {
  if (sent_.size() >= sent_max) co_return too_many();
  const auto dash = letter.to.rfind('-');
  if (!letter.to_subject && dash == letter.to.npos) co_return 0;
  std::string box = letter.to_subject ? std::string(everybody) : box_of(letter.to.substr(0, dash));
  Sent sent(*this, ++number_);
  std::string frame = head(is_letter, sent.number);
  put_text(frame, instance_);
  put_text(frame, letter.to);
  put_text(frame, letter.data);
  put(frame, static_cast<std::uint8_t>(letter.to_subject ? 1 : 0));
  const bool all = co_await gather(sent, std::move(box), std::move(frame));
  if (all || sent.reached > 0) co_return sent.reached;
  co_return Error{Fault::unavailable, "Redis did not carry the message in time; who is there is not known"};
}

net::Task<Result<std::vector<std::string>>> Mail::ask(std::string question) {
  if (sent_.size() >= sent_max) co_return too_many();
  Sent sent(*this, ++number_);
  std::string frame = head(is_question, sent.number);
  put_text(frame, instance_);
  put_text(frame, question);
  const bool all = co_await gather(sent, std::string(everybody), std::move(frame));
  if (all || !sent.texts.empty()) co_return std::move(sent.texts);
  co_return Error{Fault::unavailable, "Redis did not carry the question in time"};
}

net::Task<bool> Mail::gather(Sent& sent, std::string box, std::string frame) {
  bus_.publish(box, std::move(frame),
               [this, alive = std::weak_ptr(alive_), number = sent.number](Result<std::uint64_t> receivers) {
                 if (alive.expired()) return;
                 const auto found = sent_.find(number);
                 if (found == sent_.end()) return;
                 found->second->receivers = std::move(receivers);
                 found->second->changed.notify();
               });
  bool late = false;
  const net::Timer deadline = loop_.after(answer_max, [&] {
    late = true;
    sent.changed.notify();
  });
  while (!late && (!sent.receivers || (*sent.receivers && sent.answers < **sent.receivers)))
    co_await sent.changed.wait();
  co_return !late && *sent.receivers;
}

void Mail::on_frame(std::string_view bytes) {
  base::Taker taker{bytes};
  const auto format = taker.number<std::uint8_t>();
  const auto kind = taker.number<std::uint8_t>();
  const auto number = taker.number<std::uint64_t>();
  if (!taker.good || format != version) return;
  if (kind == is_answer) {
    const auto reached = taker.number<std::uint64_t>();
    const std::string_view text = taker.text();
    const auto found = sent_.find(number);
    if (!taker.good || found == sent_.end()) return;
    found->second->reached += reached;
    found->second->texts.emplace_back(text);
    ++found->second->answers;
    found->second->changed.notify();
    return;
  }
  const std::string sender(taker.text());
  if (kind == is_question) {
    const std::string_view question = taker.text();
    if (taker.good) answer(sender, number, 0, office_.reply(question));
    return;
  }
  Letter letter;
  letter.to = taker.text();
  letter.data = taker.text();
  letter.to_subject = taker.number<std::uint8_t>() == 1;
  if (!taker.good || kind != is_letter) return;
  office_.deliver(letter, [this, alive = std::weak_ptr(alive_), sender, number](std::uint64_t reached) {
    if (!alive.expired()) answer(sender, number, reached, {});
  });
}

void Mail::answer(const std::string& sender, std::uint64_t number, std::uint64_t reached, std::string_view text) {
  std::string frame = head(is_answer, number);
  put(frame, reached);
  put_text(frame, text);
  bus_.publish(box_of(sender), std::move(frame), {});
}

}  // namespace messages
