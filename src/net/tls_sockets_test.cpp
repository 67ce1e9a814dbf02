// Longer than most: every way in which a client of TLS can behave, beside one another.
// The suite for all ClientSockets (client_sockets_test.cpp) judges TlsSockets too; here is what only TLS has.
#include "net/tls_sockets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "net/both_nets.hpp"
#include "net/talk.hpp"
#include "net/test_certificates.hpp"
#include "net/tls_memory_client.hpp"

namespace net {
namespace {

using Context = std::shared_ptr<SSL_CTX>;

// An owner that echoes, and removes what has ended or failed.
struct TlsSocketsTest : OnBothNets, ClientSockets::Owner {
  TestCertificates certificates_;
  TicketKeys keys_{loop_};
  std::vector<Handshake> shaken_;
  TlsSockets sockets_{loop_, net_->sockets(), [this](Handshake how) { shaken_.push_back(how); }};
  Context trusting_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  std::map<std::uint32_t, int> numbers_;  // by tag
  std::map<std::uint32_t, std::string> heard_;
  std::map<std::uint32_t, Transfer::State> ends_;
  std::uint32_t next_ = 0;
  int told_ = 0;
  bool blocked_ = false;  // a send, ever
  std::size_t shaken_before_ = 0, shaken_in_a_turn_most_ = 0;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<MemoryClient>> clients_;
  Jobs jobs_;  // before what they use

  void SetUp() override {
    SSL_CTX_load_verify_file(trusting_.get(), certificates_.authority().c_str());
    SSL_CTX_set_verify(trusting_.get(), SSL_VERIFY_PEER, nullptr);
    sockets_.set_owner(*this);
    use(certificates_.issue("server", "DNS:one.example"));
    auto opened = network_.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [this](Accepted one) {
      const std::uint32_t tag = next_++;
      numbers_[tag] = sockets_.add(std::move(one.socket), tag);
    });
    ASSERT_TRUE(opened.has_value());
    listener_ = std::move(*opened);
  }
  ~TlsSocketsTest() override {
    for (const auto& [tag, number] : numbers_) sockets_.remove(number);
  }

  void use(const TlsFiles& files) {
    auto identity = load_tls_identity(files);
    ASSERT_TRUE(identity.has_value()) << identity.error().message;
    keys_.serve(identity->context);
    sockets_.use(identity->context);
  }

  void on_ready(std::uint32_t tag, ClientSockets::Ready) override {
    ++told_;
    std::string buffer(1000, '\0');
    for (;;) {
      const Transfer got = sockets_.receive(numbers_.at(tag), buffer);
      if (got.state == Transfer::State::end || got.state == Transfer::State::failed) {
        ends_[tag] = got.state;
        sockets_.remove(numbers_.at(tag));
        numbers_.erase(tag);
        return;
      }
      heard_[tag].append(buffer, 0, got.bytes);
      const iovec part{buffer.data(), got.bytes};
      if (got.bytes > 0) blocked_ |= sockets_.send(numbers_.at(tag), {&part, 1}).state == Transfer::State::would_block;
      if (got.bytes < buffer.size()) return;  // as the contract allows
    }
  }
  void on_turn_end() override {
    const std::size_t all = shaken_.size();
    shaken_in_a_turn_most_ = std::max(shaken_in_a_turn_most_, all - std::exchange(shaken_before_, all));
  }

  MemoryClient& connect() { return connect(*trusting_); }
  MemoryClient& connect(SSL_CTX& context) {
    clients_.push_back(std::make_unique<MemoryClient>(loop_, context));
    MemoryClient& client = *clients_.back();
    jobs_.start(reach(network_, {.path = {}, .host = "127.0.0.1", .port = listener_->port()}, client.stream));
    EXPECT_TRUE(
        run_until([&] { return client.stream != nullptr && numbers_.size() + ends_.size() == clients_.size(); }));
    return client;
  }
  MemoryClient& meet() {
    MemoryClient& client = connect();
    const std::size_t before = shaken_.size();
    jobs_.start(client.talk());
    EXPECT_TRUE(run_until([&] { return client.shaken && shaken_.size() > before; }));
    return client;
  }
  bool hears(MemoryClient& client, std::string_view text) {
    return run_until([&] { return client.heard.size() >= text.size(); }) && client.heard == text;
  }
  static Task<void> reach(Network& network, Endpoint endpoint, std::unique_ptr<Stream>& out) {
    auto stream = co_await network.dial(std::move(endpoint));
    out = std::move(*stream);
  }
};
INSTANTIATE_TEST_SUITE_P(BothNets, TlsSocketsTest, both_nets, name_of);

TEST_P(TlsSocketsTest, BytesMayComeOneByOne) {
  MemoryClient& client = connect();
  client.slice = 1;
  jobs_.start(client.talk());
  ASSERT_TRUE(run_until([&] { return client.shaken; }));
  jobs_.start(client.say("hello in a record that comes byte by byte"));
  EXPECT_TRUE(hears(client, "hello in a record that comes byte by byte"));
  EXPECT_EQ(shaken_, std::vector{Handshake::done});
  EXPECT_EQ(SSL_version(client.ssl()), TLS1_3_VERSION);
}

TEST_P(TlsSocketsTest, ManyRecordsThatComeAtOnceAreAllHeard) {
  MemoryClient& client = meet();
  std::string all;
  for (int i = 0; i < 500; ++i) {
    const std::string text = std::to_string(i) + ",";
    SSL_write(client.ssl(), text.data(), static_cast<int>(text.size()));
    all += text;
  }
  jobs_.start(client.flush());
  EXPECT_TRUE(hears(client, all));
}

// RFC 6066, 4: a client may ask for it, and OpenSSL then writes one fragment after the other.
TEST_P(TlsSocketsTest, WhoWantsSmallFragmentsIsSentThemAll) {
  ASSERT_EQ(SSL_CTX_set_tlsext_max_fragment_length(trusting_.get(), TLSEXT_max_fragment_length_512), 1);
  MemoryClient& client = meet();
  const std::string text(1000, 'x');
  SSL_write(client.ssl(), text.data(), static_cast<int>(text.size()));
  jobs_.start(client.flush());
  EXPECT_TRUE(hears(client, text));
}

TEST_P(TlsSocketsTest, AnUnfinishedHandshakeTellsItsOwnerNothing) {
  MemoryClient& client = connect();
  SSL_do_handshake(client.ssl());
  client.slice = 20;
  Ended<void> written;
  std::string half(50, '\0');
  BIO_read(SSL_get_wbio(client.ssl()), half.data(), 50);
  jobs_.start(write(*client.stream, half, written));
  run_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(written.has_value());
  EXPECT_EQ(told_, 0);
  std::string buffer(10, '\0');
  EXPECT_EQ(sockets_.receive(numbers_.at(0), buffer).state, Transfer::State::would_block);
  sockets_.remove(numbers_.at(0));
  numbers_.clear();
  ends_[0] = Transfer::State::failed;
  EXPECT_EQ(shaken_, std::vector{Handshake::abandoned});
  EXPECT_EQ(meet().shaken, true);  // the next one is none the worse
}

TEST_P(TlsSocketsTest, AnHttpRequestIsToldToUseHttps) {
  MemoryClient& client = connect();
  Ended<void> written, ended;
  std::string heard;
  jobs_.start(write(*client.stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", written));
  jobs_.start(read_all(*client.stream, heard, ended));
  EXPECT_TRUE(run_until([&] { return ended.has_value(); }));
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 ")) << heard;
  EXPECT_NE(heard.find("https://"), heard.npos);
  EXPECT_EQ(shaken_, std::vector{Handshake::plain});
  EXPECT_EQ(told_, 0);
  client.stream.reset();
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
}

TEST_P(TlsSocketsTest, WhatIsNoTlsFails) {
  MemoryClient& client = connect();
  Ended<void> written;
  jobs_.start(write(*client.stream, "SSH-2.0-OpenSSH_9.2\r\n", written));
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(ends_[0], Transfer::State::failed);
  EXPECT_EQ(shaken_, std::vector{Handshake::failed});
}

TEST_P(TlsSocketsTest, WhoLeavesInTheMiddleOfAHandshakeHasAbandonedIt) {
  connect().stream.reset();
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(shaken_, std::vector{Handshake::abandoned});
}

TEST_P(TlsSocketsTest, OldVersionsAreRefused) {
  const Context old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  MemoryClient& client = connect(*old);
  jobs_.start(client.talk());
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(shaken_, std::vector{Handshake::failed});
  EXPECT_FALSE(client.shaken);
}

TEST_P(TlsSocketsTest, ProtocolsAreAgreedOnByAlpn) {
  MemoryClient& both = connect();
  SSL_set_alpn_protos(both.ssl(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  jobs_.start(both.talk());
  ASSERT_TRUE(run_until([&] { return both.shaken; }));
  const unsigned char* chosen = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &bytes);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), bytes), "http/1.1");
  MemoryClient& foreign = connect();
  SSL_set_alpn_protos(foreign.ssl(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  jobs_.start(foreign.talk());
  EXPECT_TRUE(run_until([&] { return ends_.contains(1); }));
  EXPECT_FALSE(foreign.shaken);
}

TEST_P(TlsSocketsTest, AnotherIdentityIsForNewcomersAndWhoIsThereGoesOn) {
  const auto serial = [](MemoryClient& client) {
    return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(client.ssl())));
  };
  MemoryClient& before = meet();
  use(certificates_.issue("server", "DNS:one.example"));
  MemoryClient& after = meet();
  EXPECT_NE(serial(before), serial(after));
  jobs_.start(before.say("still there"));
  EXPECT_TRUE(hears(before, "still there"));
}

TEST_P(TlsSocketsTest, AnEndRightBehindTheLastBytesIsTold) {
  MemoryClient& client = meet();
  SSL_write(client.ssl(), "bye", 3);
  SSL_shutdown(client.ssl());
  jobs_.start(client.flush());
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(ends_[0], Transfer::State::end);
  EXPECT_EQ(heard_[0], "bye");
}

TEST_P(TlsSocketsTest, OurEndIsSaidInTlsAndBelow) {
  MemoryClient& client = meet();
  sockets_.shutdown_write(numbers_.at(0));
  EXPECT_TRUE(run_until([&] { return client.ended; }));
  EXPECT_EQ(SSL_get_shutdown(client.ssl()), SSL_RECEIVED_SHUTDOWN);
}

TEST_P(TlsSocketsTest, AForgedRecordEndsTheConnection) {
  MemoryClient& client = meet();
  BIO_write(SSL_get_wbio(client.ssl()), "\x17\x03\x03\0\x14twenty bytes of junk", 25);
  jobs_.start(client.flush());
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(ends_[0], Transfer::State::failed);
}

TEST_P(TlsSocketsTest, WhoReadsNothingAndMakesOpensslAnswerIsCutOff) {
  MemoryClient& client = connect();
  client.deaf = true;
  jobs_.start(client.talk());
  ASSERT_TRUE(run_until([&] { return client.shaken && !shaken_.empty(); }));
  while (!blocked_) {
    heard_[0].clear();
    jobs_.start(client.say(std::string(1'000'000, 'x')));
    ASSERT_TRUE(run_until([&] { return heard_[0].size() == 1'000'000; }));
  }
  EXPECT_TRUE(ends_.empty());
  for (std::size_t bytes = 0; bytes < 2 * TlsSockets::unsent_bytes_max; bytes += 20) {  // less than an answer has
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client.ssl());
  }
  jobs_.start(client.flush());
  EXPECT_TRUE(run_until([&] { return ends_.contains(0); }));
  EXPECT_EQ(ends_[0], Transfer::State::failed);
}

TEST_P(TlsSocketsTest, AStormOfNewcomersSharesTheLoop) {
  constexpr int storm = 60;
  for (int i = 0; i < storm; ++i) connect();
  for (auto& client : clients_) jobs_.start(client->talk());
  EXPECT_TRUE(run_until([&] { return std::count(shaken_.begin(), shaken_.end(), Handshake::done) == storm; }));
  EXPECT_GT(shaken_in_a_turn_most_, 0u);
  EXPECT_LE(shaken_in_a_turn_most_, TlsSockets::handshakes_per_turn);
}

TEST_P(TlsSocketsTest, ASessionIsResumedUntilItsKeyHasRotatedTwice) {
  const auto resumes = [this](SSL_SESSION* session) {
    MemoryClient& client = connect();
    SSL_set_session(client.ssl(), session);
    jobs_.start(client.talk());
    EXPECT_TRUE(run_until([&] { return client.shaken; }));
    return SSL_session_reused(client.ssl()) == 1;
  };
  MemoryClient& client = meet();
  jobs_.start(client.say("x"));
  ASSERT_TRUE(hears(client, "x"));  // tickets have come before it
  const std::unique_ptr<SSL_SESSION, Released<SSL_SESSION_free>> session(SSL_get1_session(client.ssl()));
  EXPECT_TRUE(resumes(session.get()));
  keys_.rotate();
  EXPECT_TRUE(resumes(session.get()));
  use(certificates_.issue("server", "DNS:one.example"));
  EXPECT_TRUE(resumes(session.get()));
  keys_.rotate();
  EXPECT_FALSE(resumes(session.get()));
  EXPECT_EQ(std::count(shaken_.begin(), shaken_.end(), Handshake::resumed), 3);
}

}  // namespace
}  // namespace net
