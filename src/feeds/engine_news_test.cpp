#include "feeds/engine_news.hpp"

#include <gtest/gtest.h>

#include "feeds/shared_frame.hpp"

namespace feeds {
namespace {

docker::Container container() {
  docker::Container one;
  one.id = std::string(64, 'a');
  one.name = "web";
  one.image = "demo:1";
  one.state = "exited";
  one.status = "Exited (137) 2 minutes ago";
  one.health = "unhealthy";
  one.created = net::WallTime(std::chrono::seconds(1'700'000'000));
  one.exit_code = -137;
  one.labels = {{"com.docker.compose.project", "shop"}, {"empty", ""}};
  return one;
}

TEST(EngineNews, AreReadAsTheyWereWritten) {
  EngineNews news;
  news.kind = EngineNews::Kind::history;
  news.first = false;
  news.complete = false;
  news.time_ns = -5;
  news.count = 3;
  news.events = {"{}", R"({"Type":"container"})"};
  news.containers = {container()};
  news.gone = {"b", "c"};
  const auto read = decode_news(encode(news));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, EngineNews::Kind::history);
  EXPECT_FALSE(read->first);
  EXPECT_TRUE(read->last);
  EXPECT_FALSE(read->complete);
  EXPECT_EQ(read->time_ns, -5);
  EXPECT_EQ(read->count, 3U);
  EXPECT_EQ(read->events, news.events);
  EXPECT_EQ(read->gone, news.gone);
  ASSERT_EQ(read->containers.size(), 1U);
  const docker::Container &before = news.containers[0], &now = read->containers[0];
  EXPECT_EQ(now.id, before.id);
  EXPECT_EQ(now.name, before.name);
  EXPECT_EQ(now.image, before.image);
  EXPECT_EQ(now.state, before.state);
  EXPECT_EQ(now.status, before.status);
  EXPECT_EQ(now.health, before.health);
  EXPECT_EQ(now.created, before.created);
  EXPECT_EQ(now.exit_code, before.exit_code);
  EXPECT_EQ(now.labels, before.labels);
}

TEST(EngineNews, ThatWereCutAreNotRead) {
  EngineNews news;
  news.events = {"{}"};
  news.containers = {container()};
  news.gone = {"b"};
  const std::string whole = encode(news);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_news(whole.substr(0, size))) << size;
}

TEST(EngineWish, IsReadAsItWasWritten) {
  EngineWish wish;
  wish.events = docker::EventPosition{0, 77, 2};
  wish.picture = EngineWish::Picture::whole;
  const auto read = decode_wish(encode(wish));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->events, wish.events);
  EXPECT_EQ(read->picture, wish.picture);
  const auto nothing = decode_wish(encode(EngineWish{}));
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->events);
  EXPECT_FALSE(decode_wish("x"));
}

TEST(SharedFrame, IsReadAsItWasWrittenAndOfAnotherVersionNotAtAll) {
  SharedFrame frame;
  frame.kind = SharedFrame::Kind::beat;
  frame.engine_answers = false;
  frame.fence = {3, 4};
  frame.sender = 5;
  frame.sequence = 6;
  frame.body = "body";
  std::string bytes = encode(frame);
  Undecodable why{};
  const auto read = decode_shared(bytes, why);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, frame.kind);
  EXPECT_FALSE(read->engine_answers);
  EXPECT_EQ(read->fence, frame.fence);
  EXPECT_EQ(read->sender, 5U);
  EXPECT_EQ(read->sequence, 6U);
  EXPECT_EQ(read->body, "body");
  bytes[0] = 2;
  EXPECT_FALSE(decode_shared(bytes, why));
  EXPECT_EQ(why, Undecodable::version);
  bytes[0] = 1;
  bytes[1] = 9;
  EXPECT_FALSE(decode_shared(bytes, why));
  EXPECT_EQ(why, Undecodable::malformed);
}

}  // namespace
}  // namespace feeds
