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

// Deflated, a receive of 16 KiB holds megabytes of commands; they wait behind one that waits for the Engine.
TEST_F(ServerPressure, what_is_inflated_ahead_has_a_bound) {
  settings.deflate = true;
  settings.inflation_max = 2000;
  const int client = open("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  say(client, frame(R"({"type":"subscribe","channel":"container:logs:web"})"));
  std::string payload;
  ws::Deflater().deflate(payload, std::string(settings.message_bytes_max, ' '));
  std::string command = frame(payload);
  command[0] = static_cast<char>(command[0] | 0x40);
  std::string many;
  for (int i = 0; i < 50; ++i) many += command;
  ASSERT_LT(many.size(), 16'000U) << "one receive";
  EXPECT_THAT(frames(say(client, many)), testing::Contains(testing::StartsWith("close 4129")));
}

}  // namespace
}  // namespace api::testing_bench
