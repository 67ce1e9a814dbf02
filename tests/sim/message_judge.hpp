// MessageJudge: one listener of an application channel, judged message by message against the truth: promise 10 and
// what protocol.md says about `subscribed`, `message` and `gap`. It lives over all connections of its listener, and
// says where to resume. MessageAnswers: the same of whoever publishes. Every judgement is a sentence, or empty.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "feeds/follow.hpp"
#include "messages/store.hpp"
#include "sim/message_truth.hpp"
#include "sim/verdict.hpp"

namespace sim {

class MessageJudge {
 public:
  MessageJudge(const MessageTruth& truth, Tally& tally) : truth_(truth), tally_(tally) {}

  // What an instance answers from.
  enum class Knows : std::uint8_t {
    anything,      // it may not have heard what happened of late
    the_data_set,  // it remembers messages, of this one
    nothing,       // it reads the store
  };
  // It asks, with its position if it has one.
  void ask(Knows knows);
  std::string hear(const feeds::Subscribed& answer);
  std::string hear(const boost::json::object& message);

  // Empty: nowhere yet.
  const std::string& position() const { return position_; }
  std::uint64_t told() const { return told_count_; }
  const std::vector<std::string>& reasons() const { return reasons_; }  // of gaps
  // Whether it stands where the data set ends; else what is missing.
  std::string missing() const;

 private:
  using Position = messages::Position;
  struct Lost {
    std::string from, to, reason;
    bool operator==(const Lost&) const = default;
  };
  std::string resume(const feeds::Subscribed& answer, const Position& to);
  std::string misjudged(MessageTruth::Outlook::Kind kind, const Position& to) const;
  std::string hear_gap(const Lost& gap);
  std::string hear_message(const boost::json::object& message);
  std::string unexplained(const Position& from, const Position& to, const std::string& reason) const;
  Position stands() const { return *Position::parse(position_); }

  const MessageTruth& truth_;
  Tally& tally_;
  std::string position_;
  struct Asked {
    Knows knows = Knows::anything;
    std::uint64_t changes = 0;  // of the data set until then
    MessageTruth::Outlook outlook;
  };
  Asked asked_;
  std::optional<Lost> owed_;                                // `partial` was said, and its gap is to come
  std::set<std::pair<std::uint64_t, std::uint64_t>> told_;  // since it was told last that all begins anew
  std::uint64_t told_count_ = 0;
  std::vector<std::string> reasons_;
};

class MessageAnswers {
 public:
  using Call = std::size_t;
  MessageAnswers(const MessageTruth& truth, Tally& tally) : truth_(truth), tally_(tally) {}

  // Calls with the same data have the same message_id, and no others do.
  Call ask(const std::string& data);
  std::string answer(Call call, const base::Result<messages::Published>& answer);
  // Nobody will ever hear it.
  void lose(Call call) { calls_[call].outcome = Outcome::unknown; }
  // Once all were answered.
  std::string at_end() const;

 private:
  enum class Outcome : std::uint8_t { open, stored, duplicate, unknown, refused };
  struct Asked {
    std::string data;
    std::uint64_t changes = 0;  // of the data set until then
    Outcome outcome = Outcome::open;
    messages::Position at = {};
  };
  std::string judge(const Asked& call) const;

  const MessageTruth& truth_;
  Tally& tally_;
  std::vector<Asked> calls_;
  std::map<std::string, std::vector<Call>> by_data_;
};

}  // namespace sim
