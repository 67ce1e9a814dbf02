#include "tunnel/redis_registry.hpp"

#include <algorithm>
#include <charconv>

#include "tunnel/frame.hpp"
#include "tunnel/scripts.hpp"

namespace tunnel {
namespace {

using base::Result;
using redis::Reply;

std::int64_t number(const Reply& from) {
  std::int64_t number = 0;
  std::from_chars(from.text.data(), from.text.data() + from.text.size(), number);
  return number;
}

net::Duration since(std::int64_t then_ms, std::int64_t now_ms) {
  return std::chrono::milliseconds(std::max<std::int64_t>(now_ms - then_ms, 0));  // Redis' clock may go back
}

}  // namespace

void RedisRegistry::note(const std::string& engine) { jobs_.start(write(engine)); }

net::Task<void> RedisRegistry::write(std::string engine) {
  std::vector<std::string> parts = {key_, std::move(engine), redis::milliseconds(kept), std::to_string(engines_max),
                                    redis::milliseconds(silence_max)};
  co_await client_.run(scripts::note, 1, std::move(parts));  // why it is refused, the client says
}

void RedisRegistry::look(OnRecord on_record) { jobs_.start(read(std::move(on_record))); }

net::Task<void> RedisRegistry::read(OnRecord on_record) {
  std::vector<std::vector<std::string>> questions;
  questions.push_back({"TIME"});
  questions.push_back({"ZRANGE", key_, "0", std::to_string(engines_max), "WITHSCORES"});
  const std::vector<Result<Reply>> answers = co_await client_.pipeline(std::move(questions));
  for (const Result<Reply>& each : answers)
    if (!each) co_return on_record(each.error());
  const std::vector<Reply>&time = answers[0]->items, &noted = answers[1]->items;
  if (time.size() != 2 || noted.size() % 2 != 0)
    co_return on_record(base::Error{base::Fault::protocol, "Redis answered about the Engines with something else"});
  const std::int64_t now = number(time[0]) * 1000 + number(time[1]) / 1000;
  Record record;
  net::Duration silence = kept;
  for (std::size_t i = 0; i < noted.size(); i += 2) {
    const net::Duration age = since(number(noted[i + 1]), now);
    if (noted[i].text.empty()) {
      record.age = age;
    } else if (age <= kept && is_name(noted[i].text)) {
      record.engines.push_back({noted[i].text, age});
      silence = std::min(silence, age);
    }
  }
  if (silence > silence_max) record.age = {};
  on_record(std::move(record));
}

}  // namespace tunnel
