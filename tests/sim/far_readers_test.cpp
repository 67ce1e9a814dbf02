// Who reads an Engine's things where several instances want them: one that reaches it itself, before those that have
// only a tunnel.
#include <gmock/gmock.h>

#include "sim/two_engines.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

class FarReaders : public TwoEngines {
 protected:
  // "ib-…": whose lease it is.
  std::string reader_of(const std::string& what) {
    return redis_.store().get("dockcast:lease:{ENGINE-B/" + what + "}").value_or("nobody");
  }
  static net::Task<void> download(http::Client& client, std::string path, net::Loop& loop, const net::Duration& pause,
                                  std::size_t& bytes) {
    http::Call call;
    call.target = std::move(path);
    auto body = co_await client.open(std::move(call));
    for (bool more = body.has_value(); more;) {
      auto run = co_await (*body)->next();
      more = run && !run->empty();
      if (more) bytes += run->size();
      co_await loop.sleep(pause);
    }
  }
  // It is killed, its leases run out, and somebody takes them.
  void kill(const std::string& name) {
    instance(name).kill();
    world_.run_for(30s);
  }
};

TEST_F(FarReaders, WhoReachesTheEngineReadsItsEventsAndStatsWhoeverGoes) {
  start_instance("ib2", "b");
  world_.run_for(5s);
  SimContainer& db = create(b_, "db");
  const std::string stats = "container:stats:" + db.id();
  for (const std::string at : {"none", "ia", "ib2"}) listen(at, stats);
  world_.run_for(5s);
  for (int turn = 0; turn < 4; ++turn) {
    const std::string gone = turn % 2 == 0 ? "ib" : "ib2", left = turn % 2 == 0 ? "ib2" : "ib";
    listen(left, stats);
    world_.run_for(5s);
    kill(gone);
    EXPECT_THAT(reader_of("docker:events"), StartsWith(left + "-"));
    EXPECT_THAT(reader_of(stats), StartsWith(left + "-"));
    instance(gone).start();
    world_.run_for(10s);
  }
}

TEST_F(FarReaders, WhoIsAloneReadsThroughTheTunnel) {
  SimContainer& db = create(b_, "db");
  const std::string stats = "container:stats:" + db.id();
  const Ear& ear = listen("none", stats);
  world_.run_for(5s);
  EXPECT_THAT(reader_of(stats), StartsWith("none-"));
  EXPECT_FALSE(ear.of("stats").empty());
}

// It came to know the Engine through others.
TEST_F(FarReaders, WhoReachesTheEngineFromNowOnIsAmongTheFirstFromNowOn) {
  world_.lose(world_.host("late"), world_.host("b"));
  start_instance("late", "b");
  std::vector<SimContainer*> all;
  for (int i = 0; i < 16; ++i) all.push_back(&create(b_, "c" + std::to_string(i)));
  world_.run_for(5s);
  const auto stats = [](const SimContainer* of) { return "container:stats:" + of->id(); };
  const auto logs = [](const SimContainer* of) { return "container:logs:" + of->id(); };
  const auto follow_at = [&](const std::string& at) {
    for (const SimContainer* each : all) listen(at, stats(each));
    follow({at}, all);
  };
  follow_at("ia");
  follow_at("none");
  world_.run_for(5s);
  world_.heal_all();
  world_.run_for(30s);
  follow_at("late");
  ASSERT_TRUE(until([this] { return all_go(); }));
  std::vector<std::string> left;
  for (const SimContainer* each : all)
    for (const std::string& what : {stats(each), logs(each)})
      if (reader_of(what).starts_with("ia-")) left.push_back(what);
  ASSERT_GT(left.size(), 4U);
  kill("ia");
  for (const std::string& each : left) EXPECT_THAT(reader_of(each), StartsWith("late-")) << each;
  kill("ib");
  EXPECT_THAT(reader_of("docker:events"), StartsWith("late-"));
}

TEST_F(FarReaders, WhoHasJustComeKnowsOfAnEngineWhoseHostsAreGone) {
  SimContainer& db = create(b_, "db");
  world_.run_for(5s);
  instance("ib").kill();
  world_.run_for(1s);
  start_instance("new", "a");
  world_.run_for(60s);
  EXPECT_EQ(get("new", "/api/containers/" + db.id()).status, 503) << "it is there, and nobody can ask for it";
  EXPECT_TRUE(get("new", "/api/containers").body.as_object().contains("partial"));
  instance("ib").start();
  world_.run_for(10s);
  EXPECT_EQ(get("new", "/api/containers/" + db.id()).status, 200);
  EXPECT_FALSE(get("new", "/api/containers").body.as_object().contains("partial"));
}

// Whoever it was reached through says nothing any more, and what is open goes on.
TEST_F(FarReaders, AnEngineThatNobodySpeaksOfIsKeptWhileSomebodyUsesIt) {
  SimContainer& db = create(b_, "db");
  for (int i = 0; i < 1500; ++i) db.write(SimStream::out, std::string(4000, 'x') + "\n");
  world_.run_for(1s);
  http::Client client(client_.network, instance("none").door());
  std::size_t bytes = 0;
  net::Duration pause = 20s;
  const net::Job job(download(client, "/api/containers/" + db.id() + "/logs", client_.loop, pause, bytes));
  world_.run_for(10s);
  ASSERT_GT(bytes, 0U);
  redis_.lose([](std::string_view channel, std::string_view frame) {
    return channel.ends_with("{tunnel/hosts}") && frame.find("ENGINE-B") != frame.npos;
  });
  world_.run_for(13min);
  EXPECT_TRUE(get("none", "/api/containers").body.as_object().contains("partial"));
  pause = 0s;
  EXPECT_TRUE(world_.run_until([&] { return bytes == 1500U * 4001; }, 60s)) << bytes;
  world_.run_for(13min);
  EXPECT_FALSE(get("none", "/api/containers").body.as_object().contains("partial")) << "then it is forgotten";
}

}  // namespace
}  // namespace sim
