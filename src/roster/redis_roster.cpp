#include "roster/redis_roster.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "roster/scripts.hpp"

namespace roster {
namespace {

using base::Error;
using base::Fault;
using base::Result;
using redis::Reply;
using Words = std::vector<std::string>;

constexpr std::size_t batch_rows = 500;   // some 50 KB; a script of as many changes takes Redis less than a millisecond
constexpr const char* page_rows = "500";  // of HSCAN
constexpr std::size_t commands_at_once = 100;  // of the instances' own hashes

Error odd() { return Error{Fault::protocol, "Redis answered about the cluster with something else"}; }

// Names and values in turn; the revision is no row.
void add_pairs(std::vector<Reply>& items, Rows& rows) {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (!items[i].text.empty()) rows.insert_or_assign(std::move(items[i].text), std::move(items[i + 1].text));
}

}  // namespace

RedisRoster::RedisRoster(net::Network& network, redis::Address address, Own own, Settings settings)
    : Roster(std::move(own)),
      loop_(network.loop()),
      settings_(std::move(settings)),
      client_(network, std::move(address)) {
  client_.on_connected([this](bool) { due_ = {}; });
  writing_ = net::Job(keep_up());
}

std::string RedisRoster::key(std::string_view kind, const std::string& id) const {
  return settings_.prefix + std::string(kind) + ":{" + id + "}";
}

net::Task<void> RedisRoster::keep_up() {
  for (;;) {
    const bool renew = loop_.now() >= due_;
    if (client_.connected()) {
      const Done written = co_await write(renew);  // why it is refused, the client says
      if (written && renew) due_ = loop_.now() + settings_.renew_every;
    } else {
      const Own::Journals own = own_.journals();
      for (Journal* journal : {&own.sessions, &own.channels, &own.instance}) journal->lost();  // nothing piles up
    }
    co_await loop_.sleep(settings_.write_every);
  }
}

net::Task<base::Result<void>> RedisRoster::write(bool renew) {
  const Own::Journals own = own_.journals();
  const std::pair<Journal*, const char*> all[] = {
      {&own.sessions, "sessions"}, {&own.channels, "channels"}, {&own.instance, "instance"}};
  for (const auto& [journal, kind] : all) {
    if (!renew && journal->clean()) continue;
    Done written = co_await write_all(*journal, key(kind, own_.id()));
    if (!written) co_return written;
  }
  if (!renew) co_return Done();
  co_return co_await appear();
}

net::Task<base::Result<void>> RedisRoster::write_all(Journal& journal, std::string key) {
  do {
    Journal::Batch batch = journal.next(batch_rows);
    Words parts = {key, redis::milliseconds(settings_.ttl), std::move(batch.seen), std::move(batch.revision)};
    parts.push_back(std::to_string(batch.removed.size()));
    for (std::string& name : batch.removed) parts.push_back(std::move(name));
    for (auto& [name, row] : batch.rows) {
      parts.push_back(std::move(name));
      parts.push_back(std::move(row));
    }
    const auto reply = co_await client_.run(scripts::write, 1, std::move(parts));
    if (!reply || reply->integer != 1) journal.lost();
    if (!reply) co_return reply.error();
  } while (!journal.clean());
  co_return Done();
}

net::Task<base::Result<void>> RedisRoster::appear() {
  Words parts = {index(), own_.id(), redis::milliseconds(settings_.ttl)};
  const auto namesakes = co_await client_.run(scripts::appear, 1, std::move(parts));
  if (!namesakes) co_return namesakes.error();
  warn_of(*namesakes);
  co_return Done();
}

// One that has died is listed until its TTL is over: who lives appears again.
void RedisRoster::warn_of(const Reply& namesakes) {
  std::map<std::string, Namesake> now;
  for (std::size_t i = 0; i + 1 < namesakes.items.size(); i += 2) {
    const std::string& id = namesakes.items[i].text;
    Namesake& namesake = now[id];
    namesake.appeared = namesakes.items[i + 1].text;
    const auto before = namesakes_.find(id);
    if (before == namesakes_.end()) continue;
    namesake.warned = before->second.warned;
    if (namesake.warned || before->second.appeared == namesake.appeared) continue;
    namesake.warned = true;
    base::log::warn("Another instance has the same INSTANCE_ID; they cannot be told apart",
                    {{"instance", own_.label()}, {"ours", own_.id()}, {"other", id}});
  }
  namesakes_ = std::move(now);
}

void RedisRoster::leave(net::Callback done) { writing_ = net::Job(depart(std::move(done))); }

net::Task<void> RedisRoster::depart(net::Callback done) {
  std::vector<Words> commands;
  commands.push_back({"ZREM", index(), own_.id()});
  commands.push_back({"DEL", key("instance", own_.id()), key("sessions", own_.id()), key("channels", own_.id())});
  co_await client_.pipeline(std::move(commands));
  done();
}

void RedisRoster::look(Kind kind, OnView on_view) {
  auto& asking = asking_[static_cast<std::size_t>(kind)];
  asking.push_back(std::move(on_view));
  if (asking.size() == 1) reads_.start(read(kind));
}

net::Task<void> RedisRoster::read(Kind kind) {
  const auto view = std::make_shared<View>(co_await own_view(kind));
  const Done others = co_await net::with_deadline(loop_, settings_.read_max, read_others(kind, *view));
  if (!others) view->missing = others.error().message;
  for (OnView& each : std::exchange(asking_[static_cast<std::size_t>(kind)], {})) each(view);
}

net::Task<View> RedisRoster::own_view(Kind kind) {
  struct Answer {
    explicit Answer(net::Loop& loop) : here(loop) {}
    View view;
    net::Signal here;
  };
  const auto answer = std::make_shared<Answer>(loop_);
  own_.view(loop_, kind, [answer](View view) {
    answer->view = std::move(view);
    answer->here.notify();
  });
  co_await answer->here.wait();
  co_return std::move(answer->view);
}

net::Task<base::Result<void>> RedisRoster::read_others(Kind kind, View& view) {
  const auto instances = co_await read_instances();
  if (!instances) co_return instances.error();
  for (const auto& [id, rows] : *instances) {
    if (!add_instance(view, id, rows) || kind == Kind::instances) continue;
    const bool sessions = kind == Kind::sessions;
    const auto found =
        co_await read_rows(key(sessions ? "sessions" : "channels", id), sessions ? sessions_max : channels_max);
    if (!found) co_return found.error();
    if (sessions) {
      add_sessions(view, *found);
    } else {
      add_channels(view, *found);
    }
  }
  view.more |= view.instances.size() >= instances_max;
  co_return Done();
}

// Of the others that live, by id.
net::Task<base::Result<std::map<std::string, Rows>>> RedisRoster::read_instances() {
  auto listed = co_await client_.command("ZRANGE", index(), "0", std::to_string(instances_max - 1));
  if (!listed) co_return listed.error();
  std::map<std::string, Rows> found;
  for (Reply& each : listed->items)
    if (each.text != own_.id()) found.emplace(std::move(each.text), Rows());
  for (auto next = found.begin(); next != found.end();) {
    std::vector<Words> commands;
    auto first = next;
    for (; next != found.end() && commands.size() < commands_at_once; ++next)
      commands.push_back({"HGETALL", key("instance", next->first)});
    auto replies = co_await client_.pipeline(std::move(commands));
    for (Result<Reply>& reply : replies) {
      if (!reply) co_return reply.error();
      add_pairs(reply->items, first++->second);
    }
  }
  co_return found;
}

// One more than `rows_max` where there are more.
net::Task<base::Result<Rows>> RedisRoster::read_rows(std::string key, std::size_t rows_max) {
  Rows rows;
  std::string cursor = "0";
  do {
    auto page = co_await client_.command("HSCAN", key, cursor, "COUNT", page_rows);
    if (!page) co_return page.error();
    if (page->items.size() != 2) co_return odd();
    cursor = std::move(page->items[0].text);
    add_pairs(page->items[1].items, rows);
  } while (cursor != "0" && rows.size() <= rows_max);
  co_return rows;
}

}  // namespace roster
