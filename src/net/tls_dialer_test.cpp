// Dialling with TLS, against TlsSockets on this machine's loopback. How bytes flow is judged by
// client_sockets_test.cpp.
#include "net/tls_dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "net/asio_network.hpp"
#include "net/epoll_sockets.hpp"
#include "net/openssl.hpp"
#include "net/talk.hpp"
#include "net/test_certificates.hpp"
#include "net/tls_sockets.hpp"

namespace net {
namespace {

using testing::HasSubstr;

// A server that says hello, and what the client's certificate is.
struct TlsDialerTest : testing::Test, ClientSockets::Owner {
  TestCertificates certificates_;
  AsioLoop loop_;
  AsioNetwork network_{loop_};
  EpollSockets below_{loop_};
  TlsSockets sockets_{loop_, below_, [](Handshake) {}};
  TlsIdentity identity_ = *load_tls_identity(certificates_.issue("server", "IP:127.0.0.1"));
  std::vector<int> numbers_;
  std::unique_ptr<Listener> listener_;

  TlsDialerTest() {
    sockets_.set_owner(*this);
    sockets_.use(identity_.context);
    listener_ = *network_.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [this](Accepted one) {
      numbers_.push_back(sockets_.add(std::move(one.socket), static_cast<std::uint32_t>(numbers_.size())));
    });
  }
  ~TlsDialerTest() override {
    for (const int number : numbers_) sockets_.remove(number);
  }
  void on_ready(std::uint32_t tag, ClientSockets::Ready ready) override {
    if (!ready.writable) return;
    std::string hello = "hello";
    const iovec part{hello.data(), hello.size()};
    sockets_.send(numbers_[tag], {&part, 1});
  }
  void on_turn_end() override {}

  TlsPeer trusting() const { return {true, certificates_.authority(), {}, {}}; }
  template <class Result>
  bool comes(Ended<Result>& ended) {
    return loop_.run_until([&] { return ended.has_value(); }, std::chrono::seconds(20));
  }
  base::Result<StreamPtr> dial(TlsPeer peer, std::string host = "127.0.0.1") {
    Ended<StreamPtr> dialled;
    const Job job(net::dial(network_, {{}, std::move(host), listener_->port(), std::move(peer)}, dialled));
    EXPECT_TRUE(comes(dialled));
    return std::move(*dialled);
  }
  base::Result<std::string> read(Stream& stream) {
    Ended<std::string> heard;
    const Job job(read_once(stream, heard));
    EXPECT_TRUE(comes(heard));
    return std::move(*heard);
  }
  base::Error refusal(TlsPeer peer, std::string host = "127.0.0.1") {
    auto stream = dial(std::move(peer), std::move(host));
    return stream ? base::Error{base::Fault::internal, "it was dialled"} : stream.error();
  }
};

TEST_F(TlsDialerTest, TrustsACertificateOfItsAuthorityForTheHostThatWasDialled) {
  auto stream = dial(trusting());
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*read(**stream), "hello");
}

TEST_F(TlsDialerTest, RefusesACertificateForAnotherHost) {
  const base::Error error = refusal(trusting(), "localhost");
  EXPECT_EQ(error.fault, base::Fault::forbidden);
  EXPECT_THAT(error.message, HasSubstr("localhost:" + std::to_string(listener_->port()) + " is not trusted"));
  EXPECT_THAT(error.message, HasSubstr("Its subjectAltName must have localhost."));
}

TEST_F(TlsDialerTest, RefusesACertificateOfNobodyItKnows) {
  const TestCertificates others;
  const base::Error error = refusal({true, others.authority(), {}, {}});
  EXPECT_EQ(error.fault, base::Fault::forbidden);
  EXPECT_THAT(error.message, HasSubstr("Who signed it must be in " + others.authority()));
  EXPECT_THAT(refusal({}).message, HasSubstr("the system's store of authorities"));
}

TEST_F(TlsDialerTest, RefusesACertificateThatIsOver) {
  identity_ = *load_tls_identity(certificates_.issue("old", "IP:127.0.0.1", std::chrono::hours(-1)));
  sockets_.use(identity_.context);
  const base::Error error = refusal(trusting());
  EXPECT_EQ(error.fault, base::Fault::forbidden);
  EXPECT_THAT(error.message, HasSubstr("expired"));
}

TEST_F(TlsDialerTest, TakesAnybodyWhereNothingIsToBeVerified) {
  auto stream = dial({false, {}, {}, {}}, "localhost");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*read(**stream), "hello");
}

TEST_F(TlsDialerTest, ShowsItsOwnCertificateToWhoAsksForOne) {
  SSL_CTX_set_verify(identity_.context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_load_verify_file(identity_.context.get(), certificates_.authority().c_str());
  const TlsFiles ours = certificates_.issue("client", "DNS:client");
  auto stream = dial({true, certificates_.authority(), ours.certificate, ours.key});
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*read(**stream), "hello");
  auto nobody = dial(trusting());  // in TLS 1.3 the client is through before the server has judged it
  ASSERT_TRUE(nobody) << nobody.error().message;
  const auto refused = read(**nobody);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate required"));
}

TEST_F(TlsDialerTest, ReadsItsFilesAgainWhenTheyHaveChanged) {
  const TestCertificates others;
  const TlsPeer peer{true, certificates_.folder() + "/trusted.pem", {}, {}};
  const auto trust = [&](const std::string& authority) {
    std::ofstream(peer.authorities) << std::ifstream(authority).rdbuf();
  };
  EXPECT_THAT(refusal(peer).message, HasSubstr(peer.authorities + " cannot be read: No such file or directory"));
  trust(others.authority());
  EXPECT_EQ(refusal(peer).fault, base::Fault::forbidden);
  std::filesystem::remove(peer.authorities);
  trust(certificates_.authority());
  EXPECT_TRUE(dial(peer));
}

TEST_F(TlsDialerTest, NamesTheFileThatCannotBeUsed) {
  const std::string broken = certificates_.folder() + "/broken.pem";
  std::ofstream(broken) << "nothing";
  const TlsFiles ours = certificates_.issue("client", "DNS:client"), others = certificates_.issue("x", "DNS:x");
  EXPECT_THAT(refusal({true, broken, {}, {}}).message, HasSubstr(broken + " holds no certificate of an authority"));
  EXPECT_THAT(refusal({false, {}, broken, ours.key}).message, HasSubstr(broken + " holds no certificate"));
  EXPECT_THAT(refusal({false, {}, ours.certificate, others.key}).message, HasSubstr(others.key + " holds no key"));
}

TEST_F(TlsDialerTest, WhoSpeaksNoTlsIsTold) {
  std::vector<StreamPtr> accepted;
  Ended<void> written;
  Jobs jobs;
  listener_ = *network_.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [&](Accepted one) {
    accepted.push_back(network_.adopt(std::move(one.socket)));
    jobs.start(write(*accepted.back(), "HTTP/1.1 400 Bad Request\r\n\r\n", written));
  });
  const base::Error error = refusal(trusting());
  EXPECT_EQ(error.fault, base::Fault::protocol);
  EXPECT_THAT(error.message, HasSubstr("No TLS with 127.0.0.1:"));
}

TEST_F(TlsDialerTest, AnEndWithoutTheGoodbyeOfTlsIsACut) {
  auto first = dial(trusting()), second = dial(trusting());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*read(**first), "hello");
  EXPECT_EQ(*read(**second), "hello");
  sockets_.shutdown_write(numbers_[0]);
  EXPECT_EQ(*read(**first), "");
  sockets_.remove(numbers_[1]);
  numbers_.pop_back();
  const auto cut = read(**second);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().fault, base::Fault::closed);
}

}  // namespace
}  // namespace net
