#include "feeds/engine_news.hpp"

#include "base/bytes.hpp"

namespace feeds {
namespace {

using base::put;
using base::put_text;
using base::Taker;

constexpr std::uint8_t first_flag = 1, last_flag = 2, complete_flag = 4;
constexpr std::size_t text_bytes_min = 4, container_bytes_min = 6 * text_bytes_min + 8 + 1 + 4 + 4;

void put_container(std::string& out, const docker::Container& container) {
  for (const std::string* text :
       {&container.id, &container.name, &container.image, &container.state, &container.status, &container.health})
    put_text(out, *text);
  put(out, static_cast<std::int64_t>(container.created.time_since_epoch().count()));
  put(out, static_cast<std::uint8_t>(container.exit_code.has_value()));
  put(out, static_cast<std::int32_t>(container.exit_code.value_or(0)));
  put(out, static_cast<std::uint32_t>(container.labels.size()));
  for (const auto& [label, value] : container.labels) {
    put_text(out, label);
    put_text(out, value);
  }
}

// How many follow, of which each has so many bytes.
std::size_t take_count(Taker& taker, std::size_t bytes_min) {
  const auto count = taker.number<std::uint32_t>();
  if (count <= taker.rest.size() / bytes_min) return count;
  taker.good = false;
  return 0;
}

docker::Container take_container(Taker& taker) {
  docker::Container container;
  for (std::string* text :
       {&container.id, &container.name, &container.image, &container.state, &container.status, &container.health})
    *text = taker.text();
  container.created = net::WallTime(net::Duration(taker.number<std::int64_t>()));
  const bool exited = taker.number<std::uint8_t>() != 0;
  const auto code = taker.number<std::int32_t>();
  if (exited) container.exit_code = code;
  for (std::size_t left = take_count(taker, 2 * text_bytes_min); left > 0; --left) {
    const std::string_view label = taker.text();
    container.labels.insert_or_assign(std::string(label), std::string(taker.text()));
  }
  return container;
}

}  // namespace

std::size_t encoded_bytes(const docker::Container& container) {
  std::string out;
  put_container(out, container);
  return out.size();
}

std::string encode(const EngineNews& news) {
  std::string out;
  put(out, static_cast<std::uint8_t>(news.kind));
  put(out, static_cast<std::uint8_t>((news.first ? first_flag : 0) | (news.last ? last_flag : 0) |
                                     (news.complete ? complete_flag : 0)));
  put(out, news.time_ns);
  put(out, news.count);
  put(out, static_cast<std::uint32_t>(news.events.size()));
  for (const std::string& each : news.events) put_text(out, each);
  put(out, static_cast<std::uint32_t>(news.containers.size()));
  for (const docker::Container& each : news.containers) put_container(out, each);
  put(out, static_cast<std::uint32_t>(news.gone.size()));
  for (const std::string& each : news.gone) put_text(out, each);
  return out;
}

std::optional<EngineNews> decode_news(std::string_view bytes) {
  Taker taker{bytes};
  EngineNews news;
  const auto kind = taker.number<std::uint8_t>();
  const auto flags = taker.number<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(EngineNews::Kind::picture)) return std::nullopt;
  news.kind = static_cast<EngineNews::Kind>(kind);
  news.first = (flags & first_flag) != 0;
  news.last = (flags & last_flag) != 0;
  news.complete = (flags & complete_flag) != 0;
  news.time_ns = taker.number<std::int64_t>();
  news.count = taker.number<std::uint32_t>();
  for (std::size_t left = take_count(taker, text_bytes_min); left > 0; --left) news.events.emplace_back(taker.text());
  for (std::size_t left = take_count(taker, container_bytes_min); left > 0; --left)
    news.containers.push_back(take_container(taker));
  for (std::size_t left = take_count(taker, text_bytes_min); left > 0; --left) news.gone.emplace_back(taker.text());
  return taker.good ? std::optional(std::move(news)) : std::nullopt;
}

std::string encode(const EngineWish& wish) {
  std::string out;
  put(out, static_cast<std::uint8_t>(wish.events.has_value()));
  put(out, wish.events ? wish.events->time_ns : std::int64_t{0});
  put(out, wish.events ? wish.events->count : std::uint32_t{0});
  put(out, static_cast<std::uint8_t>(wish.picture));
  return out;
}

std::optional<EngineWish> decode_wish(std::string_view bytes) {
  Taker taker{bytes};
  EngineWish wish;
  const bool events = taker.number<std::uint8_t>() != 0;
  docker::EventPosition position;
  position.time_ns = taker.number<std::int64_t>();
  position.count = taker.number<std::uint32_t>();
  const auto picture = taker.number<std::uint8_t>();
  if (!taker.good || picture > static_cast<std::uint8_t>(EngineWish::Picture::whole)) return std::nullopt;
  if (events) wish.events = position;
  wish.picture = static_cast<EngineWish::Picture>(picture);
  return wish;
}

}  // namespace feeds
