// What a Server keeps for clients that ask and do not read.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using testing::HasSubstr;

class ServerPressure : public ServerTest {};

TEST_F(ServerPressure, who_asks_on_and_reads_no_answer_is_answered_no_more) {
  const int client = connect();
  sockets.end(client).room = 100;
  std::string requests;
  while (requests.size() < 16'000) requests += request("/");
  for (int i = 0; i < 10; ++i) {
    sockets.end(client).in += requests;
    sockets.ready(client);
  }
  sockets.end(client).room = SIZE_MAX;
  sockets.ready(client);
  loop.settle();
  const std::string answers = heard(client);
  EXPECT_LT(answers.size(), settings.backlog_bytes_max + 32 * 1024);
  EXPECT_THAT(answers, HasSubstr("Connection: close"));
  EXPECT_TRUE(sockets.end(client).write_shut);
}

// It waits for the Engine's answer; what it says meanwhile is kept, also if it is nothing.
TEST_F(ServerPressure, empty_commands_are_not_kept_without_end) {
  const int client = open("/ws");
  say(client, frame(R"({"type":"subscribe","channel":"container:logs:web"})"));
  std::string nothings;
  for (int i = 0; i < 100'000; ++i) nothings += frame("");
  say(client, nothings);
  EXPECT_GT(sockets.end(client).in.size(), nothings.size() / 2) << "it is not received";
}

}  // namespace
}  // namespace api::testing_bench
