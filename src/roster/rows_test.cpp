#include "roster/rows.hpp"

#include <gmock/gmock.h>

namespace roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr net::WallTime then{std::chrono::seconds(1'700'000'000)};

View view_of_one() {
  View view;
  Instance instance;
  instance.id = "web-00";
  instance.label = "web";
  EXPECT_TRUE(add_instance(view, instance.id, rows_of(instance)));
  return view;
}

TEST(Rows, AnInstanceComesBackAsItWas) {
  Instance instance;
  instance.label = "we b{\"";
  instance.version = "0.1";
  instance.started = then;
  instance.engines = {"engine-1", "engine-2"};
  instance.sessions = 3;
  instance.channels = 2;
  instance.readers = 1;
  View view;
  ASSERT_TRUE(add_instance(view, "id", rows_of(instance)));
  const Instance& back = view.instances.at(0);
  EXPECT_EQ(back.id, "id");
  EXPECT_EQ(back.label, instance.label);
  EXPECT_EQ(back.version, "0.1");
  EXPECT_EQ(back.started, then);
  EXPECT_THAT(back.engines, ElementsAre("engine-1", "engine-2"));
  EXPECT_EQ(back.sessions, 3U);
  EXPECT_EQ(back.channels, 2U);
  EXPECT_EQ(back.readers, 1U);
}

TEST(Rows, ASessionComesBackAsItWas) {
  for (const char* subject : {"", "anonymous", "somebody with spaces "}) {
    Session session;
    session.subject = subject;
    session.address = subject[0] == 0 ? "" : "[2001:db8::1]:4711";
    session.connected = then;
    session.subscriptions = 7;
    const auto back = parse_session(session_row(session));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->subject, session.subject);
    EXPECT_EQ(back->address, session.address);
    EXPECT_EQ(back->connected, then);
    EXPECT_EQ(back->subscriptions, 7U);
  }
}

TEST(Rows, WhatIsNoRowIsPassedOver) {
  View view = view_of_one();
  add_sessions(view, {{"1", ""}, {"2", "x 1 a b"}, {"3", "1"}, {"4", "1 -1 a b"}, {"5", "-1 1 a b"}, {"6", "1 1 a b"}});
  ASSERT_THAT(view.sessions, SizeIs(1));
  EXPECT_EQ(view.sessions[0].name, "web-00-6");
  add_channels(view, {{"a", ""}, {"b", "many"}, {"c", "1 writes"}, {"d", "99999999999999999999"}});
  ASSERT_THAT(view.channels, SizeIs(1));
  EXPECT_EQ(view.channels.at("c").reader, "");
  for (const char* field : {"label", "started", "sessions", "channels", "readers"}) {
    Rows rows = rows_of(view.instances[0]);
    rows[field] = "";
    EXPECT_FALSE(add_instance(view, "id", rows)) << field;
  }
  EXPECT_THAT(view.instances, SizeIs(1));
}

TEST(Rows, FollowersAreSummedAndOneReaderIsNamed) {
  View view = view_of_one();
  add_channels(view, {{"a", "2"}, {"b", "1 reads"}});
  view.instances.back().label = "other";
  add_channels(view, {{"a", "3 reads"}, {"b", "4 reads"}});
  EXPECT_EQ(view.channels.at("a").followers, 5U);
  EXPECT_EQ(view.channels.at("a").reader, "other");
  EXPECT_EQ(view.channels.at("b").followers, 5U);
  EXPECT_EQ(view.channels.at("b").reader, "web");
}

TEST(Rows, AViewHasABoundAndSaysWhereItIsReached) {
  View view = view_of_one();
  Rows rows;
  for (std::size_t i = 0; i < sessions_max; ++i) rows[std::to_string(i)] = "1 1 a b";
  add_sessions(view, rows);
  EXPECT_FALSE(view.more);
  add_sessions(view, {{"x", "1 1 a b"}});
  EXPECT_TRUE(view.more);
  EXPECT_THAT(view.sessions, SizeIs(sessions_max));

  View other = view_of_one();
  rows.clear();
  for (std::size_t i = 0; i < channels_max; ++i) rows[std::to_string(i)] = "1";
  add_channels(other, rows);
  add_channels(other, {{"0", "1"}});
  EXPECT_FALSE(other.more);
  add_channels(other, {{"x", "1"}});
  EXPECT_TRUE(other.more);
  EXPECT_EQ(other.channels.at("0").followers, 2U);
}

}  // namespace
}  // namespace roster
