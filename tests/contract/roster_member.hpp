// For the suites of rosters: an instance of which the roster tells, with sessions that it knows itself.
#pragma once

#include <map>
#include <memory>

#include "roster/roster.hpp"

namespace contract {

class RosterMember final : public roster::Census {
 public:
  using News = roster::SessionNews;

  template <class Made>
  RosterMember(net::Loop& loop, std::unique_ptr<Made> roster) : loop_(loop), roster_(std::move(roster)) {
    roster_->own().set_census(*this);
  }

  roster::Roster& roster() { return *roster_; }
  roster::Own& own() { return roster_->own(); }

  void open(std::uint64_t number) {
    tell({.what = News::What::opened, .number = number, .subject = "me", .address = "::1:1", .connected = {}});
  }
  void change(std::uint64_t number, const std::string& subject, std::uint64_t subscriptions) {
    News news = sessions_.at(number);
    news.what = News::What::changed;
    news.subject = subject;
    news.subscriptions = subscriptions;
    tell(news);
  }
  void close(std::uint64_t number) { tell({.what = News::What::closed, .number = number}); }

  // In parts of a hundred, as it changes meanwhile.
  void take(std::size_t most, OnPart on_part) override { tell_some(0, most, std::move(on_part)); }

 private:
  void tell(const News& news) {
    if (news.what == News::What::closed) {
      sessions_.erase(news.number);
    } else {
      sessions_.insert_or_assign(news.number, news);
    }
    own().tell(news);
  }
  void tell_some(std::uint64_t after, std::size_t most, OnPart on_part) {
    loop_.post([this, alive = std::weak_ptr<void>(alive_), after, most, on_part = std::move(on_part)]() mutable {
      if (!alive.lock()) return;
      std::vector<News> part;
      auto next = sessions_.upper_bound(after);
      for (; next != sessions_.end() && part.size() < std::min<std::size_t>(100, most); ++next) {
        part.push_back(next->second);
        part.back().what = News::What::changed;
      }
      most -= part.size();
      const bool last = next == sessions_.end() || most == 0;
      on_part(part, last);
      if (!last) tell_some(part.back().number, most, std::move(on_part));
    });
  }

  net::Loop& loop_;
  std::map<std::uint64_t, News> sessions_;
  std::shared_ptr<void> alive_ = std::make_shared<char>();
  std::unique_ptr<roster::Roster> roster_;
};

}  // namespace contract
