// Where REDIS_URL may lead: TLS, accounts, databases, and a master that sentinels name, through its failovers.
#include <gtest/gtest.h>

#include "integration/redis_member.hpp"
#include "net/test_certificates.hpp"

namespace integration {
namespace {

using namespace std::chrono_literals;
using contract::Heard;

class RedisPlaces : public RedisMember {
 protected:
  void join_at(const std::string& url) {
    auto address = redis::parse_address(url);
    ASSERT_TRUE(address) << address.error().message;
    address_ = *address;
    address_.use(peer_);
    join();
  }

  net::TlsPeer peer_;
};

TEST_F(RedisPlaces, AUnixSocketWithAnAccountAndADatabase) {
  redis_.start({"--user", "we", "on", ">p@ss", "~dockcast:*", "&dockcast:*", "+@all"});
  join_at("unix://we:p%40ss@" + redis_.endpoint().path + "?db=3");
  ASSERT_TRUE(connected());
  EXPECT_TRUE(run(lease_->acquire("a", 60s, {}))->granted);
  EXPECT_NE(command("CLIENT", "INFO")->text.find(" db=3 "), std::string::npos);
  EXPECT_NE(command("CLIENT", "INFO")->text.find(" user=we "), std::string::npos);
}

TEST_F(RedisPlaces, ADatabaseThatDoesNotExistIsSaid) {
  redis_.start();
  join_at("unix://" + redis_.endpoint().path + "?db=16");
  EXPECT_TRUE(says("fewer databases"));
}

class RedisWithTls : public RedisPlaces {
 protected:
  void start_tls(const net::TlsFiles& shown, const char* asks_clients = "yes") {
    port_ = std::to_string(free_ports(1).front());
    redis_.start({"--bind", "127.0.0.1", "--tls-port", port_, "--tls-cert-file", shown.certificate, "--tls-key-file",
                  shown.key, "--tls-ca-cert-file", certificates_.authority(), "--tls-auth-clients", asks_clients});
  }
  std::string url() const { return "rediss://127.0.0.1:" + port_; }

  net::TestCertificates certificates_;
  std::string port_;
};

TEST_F(RedisWithTls, IsJoinedByOurOwnAuthorityAndCertificateAndNotWithoutThem) {
  start_tls(certificates_.issue("redis", "IP:127.0.0.1"));
  const net::TlsFiles ours = certificates_.issue("ours", "DNS:ours");
  join_at(url());
  EXPECT_TRUE(says("Who signed it must be in the system's store"));
  peer_.authorities = certificates_.authority();
  join_at(url());
  EXPECT_TRUE(net_.run_until([&] { return client_->reason() != "Redis was not reached yet"; }));
  EXPECT_FALSE(client_->connected()) << "without a certificate of ours";
  peer_.certificate = ours.certificate;
  peer_.key = ours.key;
  join_at(url());
  ASSERT_TRUE(connected());
  Heard heard;
  const auto following = follow(heard);
  expect_whole(heard, std::string(1 << 20, 'x'));
}

TEST_F(RedisWithTls, ACertificateForAnotherNameIsNotTaken) {
  start_tls(certificates_.issue("redis", "DNS:another"), "no");
  peer_.authorities = certificates_.authority();
  join_at(url());
  EXPECT_TRUE(says("subjectAltName must have 127.0.0.1"));
}

TEST_F(RedisWithTls, ACertificateThatHasExpiredIsNotTaken) {
  start_tls(certificates_.issue("redis", "IP:127.0.0.1", std::chrono::hours(-1)), "no");
  peer_.authorities = certificates_.authority();
  join_at(url());
  EXPECT_TRUE(says("expired"));
}

class RedisSentinels : public RedisPlaces {
 protected:
  // A master and its replica, and a sentinel that has found both; before it in the URL one that is stopped, and one
  // that never was.
  void start_all(const std::vector<std::string>& more = {}, const std::string& password = {}) {
    password_ = password;
    const std::vector<std::uint16_t> ports = free_ports(4);
    master_port_ = ports[0];
    replica_port_ = ports[1];
    sentinel_port_ = ports[2];
    stopped_port_ = ports[3];
    redis_.start(at(master_port_, more));
    std::vector<std::string> follows = {"--replicaof", "127.0.0.1", std::to_string(master_port_)};
    follows.insert(follows.end(), more.begin(), more.end());
    replica_.start(at(replica_port_, follows));
    const std::string account = password.empty() ? "" : "requirepass " + password + "\n";
    stopped_.start_sentinel(stopped_port_, account);
    EXPECT_TRUE(answers(stopped_port_, {"PING"}, "PONG"));
    stopped_.stall();
    EXPECT_TRUE(answers(replica_port_, {"INFO", "replication"}, "master_link_status:up"));
    sentinel_.start_sentinel(sentinel_port_,
                             "sentinel monitor main 127.0.0.1 " + std::to_string(master_port_) +
                                 " 1\nsentinel down-after-milliseconds main 500\n"
                                 "sentinel failover-timeout main 2000\n" +
                                 account + (password.empty() ? "" : "sentinel auth-pass main " + password + "\n"));
    EXPECT_TRUE(answers(sentinel_port_, {"INFO", "sentinel"}, "slaves=1"));
  }
  std::string url(const std::string& user = {}) const {
    return "redis+sentinel://" + user + "127.0.0.1:" + std::to_string(stopped_port_) +
           ",127.0.0.1:1,127.0.0.1:" + std::to_string(sentinel_port_) + "/main";
  }
  // Asked until the answer holds that text.
  bool answers(std::uint16_t port, const std::vector<std::string>& words, const std::string& text) {
    std::optional<bool> found;
    const net::Job job(contract::keep(ask_until(port, words, text), found));
    return net_.run_until([&] { return found.has_value(); });
  }
  // Where the bus and the leases are now is the former replica.
  void expect_failed_over(Heard& heard) {
    EXPECT_TRUE(net_.run_until([&] { return bus_->counts().dials > dials_ && heard.lost > 0; }));
    expect_whole(heard, "after");
    EXPECT_TRUE(run(lease_->acquire("a", 60s, {}))->granted);
    EXPECT_NE(command("CONFIG", "GET", "port")->items.at(1).text, std::to_string(master_port_));
  }
  void join_and_follow(const std::string& at, Heard& heard) {
    join_at(at);
    ASSERT_TRUE(connected());
    following_ = follow(heard);
    dials_ = bus_->counts().dials;
    EXPECT_EQ(command("CONFIG", "GET", "port")->items.at(1).text, std::to_string(master_port_));
  }

  RealRedis replica_, sentinel_, stopped_;
  std::uint16_t master_port_ = 0, replica_port_ = 0, sentinel_port_ = 0, stopped_port_ = 0;
  std::unique_ptr<bus::Following> following_;
  std::uint64_t dials_ = 0;
  std::string password_;

 private:
  static std::vector<std::string> at(std::uint16_t port, const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        "--bind", "127.0.0.1", "--port", std::to_string(port), "--repl-diskless-sync-delay", "0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  net::Task<bool> ask_until(std::uint16_t port, std::vector<std::string> words, std::string text) {
    redis::Address there;
    there.endpoint = {.path = {}, .host = "127.0.0.1", .port = port};
    there.password = password_;
    const std::vector<std::string_view> parts(words.begin(), words.end());
    for (;;) {
      auto connection = co_await redis::Connection::dial(net_.network(), there);
      if (connection) {
        const auto reply = co_await (*connection)->greet(there, parts);
        if (reply && reply->text.find(text) != std::string::npos) co_return true;
      }
      co_await net_.loop().sleep(20ms);
    }
  }
};

TEST_F(RedisSentinels, NameTheMasterAndTheNextOneWhenItIsKilled) {
  start_all();
  Heard heard;
  join_and_follow(url(), heard);
  redis_.kill();
  expect_failed_over(heard);
}

TEST_F(RedisSentinels, LeadAwayFromAMasterThatIsStopped) {
  start_all();
  Heard heard;
  join_and_follow(url(), heard);
  redis_.stall();
  expect_failed_over(heard);
  redis_.resume();  // it takes itself for the master, until the sentinel tells it
  expect_whole(heard, "still");
}

TEST_F(RedisSentinels, LeadAwayFromAMasterThatIsDemoted) {
  start_all();
  Heard heard;
  join_and_follow(url(), heard);
  EXPECT_TRUE(answers(sentinel_port_, {"SENTINEL", "FAILOVER", "main"}, "OK"));
  expect_failed_over(heard);
}

TEST_F(RedisSentinels, HaveAPasswordOfTheirOwn) {
  start_all({"--requirepass", "secret", "--masterauth", "secret"}, "secret");
  Heard heard;
  join_at(url(":secret@"));
  EXPECT_TRUE(says("NOAUTH"));
  join_and_follow(url(":secret@") + "?sentinel_password=secret", heard);
}

TEST_F(RedisSentinels, ThatKnowNoSuchMasterSaySo) {
  start_all();
  join_at("redis+sentinel://127.0.0.1:" + std::to_string(sentinel_port_) + "/other");
  EXPECT_TRUE(says("it knows no master other"));
}

}  // namespace
}  // namespace integration
