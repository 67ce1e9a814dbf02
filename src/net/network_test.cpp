#include "net/network.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/both_nets.hpp"
#include "net/talk.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;
struct NetworkTest : OnBothNets {
  const Endpoint anywhere_{.path = {}, .host = "127.0.0.1", .port = 0};
  std::vector<Accepted> accepted_;
  std::unique_ptr<Listener> listener_;
  StreamPtr here_, there_;

  void listen() {
    auto opened = network_.listen(anywhere_, [this](Accepted one) { accepted_.push_back(std::move(one)); });
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    listener_ = std::move(*opened);
  }
  Endpoint door() {
    Endpoint endpoint = anywhere_;
    endpoint.port = listener_->port();
    return endpoint;
  }
  base::Result<StreamPtr> dialled(Endpoint endpoint) {
    Ended<StreamPtr> out;
    Job job(dial(network_, std::move(endpoint), out));
    EXPECT_TRUE(run_until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  void connect() {
    listen();
    auto stream = dialled(door());
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
    here_ = std::move(*stream);
    ASSERT_TRUE(run_until([this] { return !accepted_.empty(); }));
    there_ = network_.adopt(std::move(accepted_.back().socket));
  }
  void say(Stream& stream, std::string_view text) {
    Ended<void> out;
    Job job(write(stream, text, out));
    ASSERT_TRUE(run_until([&] { return out.has_value(); }));
    EXPECT_TRUE(out->has_value());
  }
  base::Result<std::string> hear(Stream& stream) {
    Ended<std::string> out;
    Job job(read_once(stream, out));
    EXPECT_TRUE(run_until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  std::string hear_bytes(Stream& stream, std::size_t count) {
    std::string heard;
    while (heard.size() < count) {
      auto more = hear(stream);
      if (!more || more->empty()) break;
      heard += *more;
    }
    return heard;
  }
};
INSTANTIATE_TEST_SUITE_P(BothNets, NetworkTest, both_nets, name_of);

TEST_P(NetworkTest, TwoEndsHearEachOther) {
  connect();
  say(*here_, "ping");
  EXPECT_EQ(hear_bytes(*there_, 4), "ping");
  say(*there_, "pong!");
  EXPECT_EQ(hear_bytes(*here_, 5), "pong!");
  EXPECT_NE(accepted_.back().peer.to_string(), "");
}

TEST_P(NetworkTest, NobodyAtTheAddressIsRefused) {
  listen();
  const Endpoint gone = door();
  listener_.reset();
  EXPECT_EQ(dialled(gone).error().fault, base::Fault::refused);
  EXPECT_EQ(dialled({.path = "/nowhere/at/all.sock", .host = {}, .port = 0}).error().fault, base::Fault::refused);
}

TEST_P(NetworkTest, AHalfClosedStreamEndsOneWayOnly) {
  connect();
  say(*here_, "last words");
  here_->shutdown_write();
  EXPECT_EQ(hear_bytes(*there_, 10), "last words");
  auto end = hear(*there_);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, "");
  say(*there_, "answer");
  EXPECT_EQ(hear_bytes(*here_, 6), "answer");
}

TEST_P(NetworkTest, TenMegabytesBothWaysAtOnceArriveWhole) {
  connect();
  const std::string out = numbered(10'000'000);
  const std::string back = numbered(9'999'001);
  std::string heard_there, heard_here;
  Ended<void> wrote_out, wrote_back, end_there, end_here;
  Job a(read_all(*there_, heard_there, end_there));
  Job b(read_all(*here_, heard_here, end_here));
  Job c(write(*here_, out, wrote_out));
  Job d(write(*there_, back, wrote_back));
  ASSERT_TRUE(run_until([&] { return wrote_out && wrote_back; }));
  here_->shutdown_write();
  there_->shutdown_write();
  ASSERT_TRUE(run_until([&] { return end_here && end_there; }));
  EXPECT_TRUE(heard_there == out);
  EXPECT_TRUE(heard_here == back);
}

TEST_P(NetworkTest, AReadThatIsDroppedTakesNothingWithIt) {
  connect();
  {
    Ended<std::string> out;
    Job job(read_once(*there_, out));
  }
  say(*here_, "still there");
  EXPECT_EQ(hear_bytes(*there_, 11), "still there");
}

TEST_P(NetworkTest, AWriteThatIsDroppedInTheMiddleLeavesAPrefix) {
  connect();
  const std::string text = numbered(20'000'000);
  {
    Ended<void> out;
    Job job(write(*here_, text, out));
    EXPECT_FALSE(out.has_value());
  }
  here_->shutdown_write();
  std::string heard;
  Ended<void> end;
  Job job(read_all(*there_, heard, end));
  ASSERT_TRUE(run_until([&] { return end.has_value(); }));
  EXPECT_GT(heard.size(), 0u);
  EXPECT_LT(heard.size(), text.size());
  EXPECT_TRUE(text.starts_with(heard));
}

TEST_P(NetworkTest, AStreamMayEndWithOperationsDroppedBesideIt) {
  connect();
  const std::string text = numbered(20'000'000);
  Ended<std::string> read_out;
  Ended<void> write_out;
  {
    Job reading(read_once(*here_, read_out));
    Job writing(write(*here_, text, write_out));
    run_for(5ms);
  }
  here_.reset();
  std::string heard;
  Ended<void> end;
  Job job(read_all(*there_, heard, end));
  EXPECT_TRUE(run_until([&] { return end.has_value(); }));
  EXPECT_FALSE(read_out || write_out);
}

TEST_P(NetworkTest, ClosingCompletesWhatIsPendingButNotInside) {
  connect();
  const std::string text = numbered(20'000'000);
  Ended<std::string> read_out;
  Ended<void> write_out;
  Job reading(read_once(*here_, read_out));
  Job writing(write(*here_, text, write_out));
  here_->close();
  EXPECT_FALSE(read_out || write_out);
  ASSERT_TRUE(run_until([&] { return read_out && write_out; }));
  EXPECT_EQ(read_out->error().fault, base::Fault::closed);
  EXPECT_EQ(write_out->error().fault, base::Fault::closed);
  EXPECT_EQ(hear(*here_).error().fault, base::Fault::closed);
}

TEST_P(NetworkTest, WritingToAPeerThatClosedFailsAsClosed) {
  connect();
  there_.reset();
  EXPECT_EQ(hear(*here_).value(), "");
  const std::string text = numbered(20'000'000);
  Ended<void> out;
  Job job(write(*here_, text, out));
  ASSERT_TRUE(run_until([&] { return out.has_value(); }));
  EXPECT_EQ(out->error().fault, base::Fault::closed);
}

TEST_P(NetworkTest, ClosingWithBytesUnreadCutsThePeer) {
  connect();
  say(*here_, "never read");
  run_for(50ms);  // it is there
  there_.reset();
  std::string heard;
  Ended<void> end;
  Job job(read_all(*here_, heard, end));
  ASSERT_TRUE(run_until([&] { return end.has_value(); }));
  EXPECT_EQ(end->error().fault, base::Fault::closed);
}

TEST_P(NetworkTest, APlaceThatIsTakenIsAConflict) {
  listen();
  EXPECT_EQ(network_.listen(door(), [](Accepted) {}).error().fault, base::Fault::conflict);
}

TEST_P(NetworkTest, AListenerMayBeEndedByWhatItAccepts) {
  listen();
  const Endpoint address = door();
  listener_.reset();
  bool called = false;
  auto opened = network_.listen(address, [&](Accepted) {
    listener_.reset();
    called = true;
  });
  ASSERT_TRUE(opened.has_value());
  listener_ = std::move(*opened);
  Ended<StreamPtr> out;
  Job job(dial(network_, address, out));
  EXPECT_TRUE(run_until([&] { return called && out; }));
  EXPECT_EQ(listener_, nullptr);
}

TEST_P(NetworkTest, AnAcceptedSocketThatNobodyTakesIsClosed) {
  connect();
  auto second = dialled(door());
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(run_until([this] { return accepted_.size() == 2; }));
  accepted_.clear();
  EXPECT_EQ(hear(**second).value(), "");
}

TEST_P(NetworkTest, ADialMayBeDropped) {
  listen();
  Ended<StreamPtr> out;
  { Job job(dial(network_, door(), out)); }
  connect();
  say(*here_, "x");
  EXPECT_EQ(hear_bytes(*there_, 1), "x");
}

}  // namespace
}  // namespace net
