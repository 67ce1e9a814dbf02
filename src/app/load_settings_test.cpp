#include "app/load_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/command_line.hpp"
#include "app/setting.hpp"
#include "app/settings_file.hpp"
#include "net/test_certificates.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded from_environment(Environment environment) {
  Sources sources;
  sources.environment = std::move(environment);
  return load_settings(sources);
}

class File {
 public:
  explicit File(const std::string& text) {
    static int count = 0;
    path_ = testing::TempDir() + "load_settings." + std::to_string(::getpid()) + "." + std::to_string(++count);
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(LoadSettings, TakesTheDefaultsWhereNothingIsSaid) {
  const Loaded loaded = from_environment({});
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.settings.port, 8000);
  EXPECT_EQ(loaded.settings.listen, "127.0.0.1");
  EXPECT_EQ(loaded.settings.ring_bytes, 4u << 20);
  EXPECT_EQ(loaded.settings.redis_prefix, "dockcast:");
}

TEST(LoadSettings, TheTablesDefaultsAreThoseOfTheRooms) {
  const Settings settings = from_environment({}).settings;
  const api::ServerSettings server;
  EXPECT_EQ(settings.server.connections_max, server.connections_max);
  EXPECT_EQ(settings.server.subscriptions_max, server.subscriptions_max);
  EXPECT_EQ(settings.server.message_bytes_max, server.message_bytes_max);
  EXPECT_EQ(settings.server.backlog_bytes_max, server.backlog_bytes_max);
  EXPECT_EQ(settings.server.address_connections_max, server.address_connections_max);
  EXPECT_EQ(settings.server.inflation_max, server.inflation_max);
  EXPECT_EQ(settings.server.fragments_max, server.fragments_max);
  EXPECT_EQ(settings.server.commands_per_second, server.commands_per_second);
  EXPECT_EQ(settings.server.publishes_per_second, server.publishes_per_second);
  EXPECT_EQ(settings.server.pings_per_second, server.pings_per_second);
  EXPECT_EQ(settings.server.rate_credit, server.rate_credit);
  EXPECT_EQ(settings.server.waiting_bytes_max, server.waiting_bytes_max);
  EXPECT_EQ(settings.server.request.head_bytes_max, server.request.head_bytes_max);
  EXPECT_EQ(settings.server.request.headers_max, server.request.headers_max);
  EXPECT_EQ(settings.server.request.target_bytes_max, server.request.target_bytes_max);
  EXPECT_EQ(settings.server.request.body_bytes_max, server.request.body_bytes_max);
  EXPECT_EQ(settings.server.handshake_timeout, server.handshake_timeout);
  EXPECT_EQ(settings.server.credentials_timeout, server.credentials_timeout);
  EXPECT_EQ(settings.server.message_timeout, server.message_timeout);
  EXPECT_EQ(settings.server.close_timeout, server.close_timeout);
  EXPECT_EQ(settings.server.request_timeout, server.request_timeout);
  EXPECT_EQ(settings.server.idle_timeout, server.idle_timeout);
  EXPECT_EQ(settings.server.ping_interval, server.ping_interval);
  EXPECT_EQ(settings.server.pong_timeout, server.pong_timeout);
  EXPECT_EQ(settings.server.progress_timeout, server.progress_timeout);
  EXPECT_EQ(settings.feeds.lease_ttl, feeds::Settings().lease_ttl);
  EXPECT_EQ(settings.feeds.linger, feeds::Settings().linger);
}

TEST(LoadSettings, FlagsAreStrongerThanTheEnvironmentAndThatThanTheFile) {
  Sources sources;
  sources.flags = {{"PORT", "1"}};
  sources.environment = {{"PORT", "2"}, {"DOCKCAST_LEASE_TTL", "2s"}};
  sources.file = {{"PORT", "3"}, {"DOCKCAST_LEASE_TTL", "3s"}, {"DOCKCAST_LINGER", "3s"}};
  const Loaded loaded = load_settings(sources);
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_EQ(loaded.settings.port, 1);
  EXPECT_EQ(loaded.settings.feeds.lease_ttl, 2s);
  EXPECT_EQ(loaded.settings.feeds.linger, 3s);
}

TEST(LoadSettings, SetToNothingIsNotSet) { EXPECT_EQ(from_environment({{"PORT", ""}}).settings.port, 8000); }

TEST(LoadSettings, UnderstandsDurationsSizesListsAndTruth) {
  const Loaded loaded = from_environment({{"DOCKCAST_LEASE_TTL", "1m30s"},
                                          {"DOCKCAST_LINGER", "500ms"},
                                          {"DOCKCAST_RING_BYTES", "65536"},
                                          {"DOCKCAST_MESSAGE_BYTES_MAX", "2MiB"},
                                          {"DOCKCAST_ALLOWED_HOSTS", "a.example, b.example:8443,"},
                                          {"DOCKCAST_ALLOW_QUERY_TOKEN", "true"}});
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_EQ(loaded.settings.feeds.lease_ttl, 90s);
  EXPECT_EQ(loaded.settings.feeds.linger, 500ms);
  EXPECT_EQ(loaded.settings.ring_bytes, 65536u);
  EXPECT_EQ(loaded.settings.server.message_bytes_max, 2u << 20);
  EXPECT_THAT(loaded.settings.server.allowed_hosts, ElementsAre("a.example", "b.example:8443"));
  EXPECT_TRUE(loaded.settings.allow_query_token);
}

TEST(LoadSettings, TellsEveryMistakeAtOnceWithTheValueAndWhatIsAllowed) {
  const Loaded loaded = from_environment({{"PORT", "70000"},
                                          {"DOCKCAST_LEASE_TTL", "10"},
                                          {"DOCKCAST_AUTH", "jwt"},
                                          {"DOCKCAST_RING_BYTES", "4 MB"},
                                          {"DOCKCAST_ALLOWED_ORIGINS", "https://good.example,app.example"},
                                          {"DOCKCAST_ALLOW_QUERY_TOKEN", "yes"},
                                          {"DOCKER_HOST", "ftp://x"},
                                          {"DOCKCAST_LISTEN", "localhorst"},
                                          {"DOCKCAST_BASE_PATH", "docker/"},
                                          {"REDIS_URL", "http://x"}});
  EXPECT_EQ(loaded.mistakes.size(), 10u);
  EXPECT_THAT(loaded.mistakes.at(0), HasSubstr("PORT is \"70000\" (environment); it can be a number from 1 to 65535."));
  const auto tells = [&](const char* what) { EXPECT_THAT(loaded.mistakes, testing::Contains(HasSubstr(what))); };
  tells("DOCKCAST_LEASE_TTL is \"10\" (environment); it can be a duration from 1s to 10m, such as 1m30s.");
  tells("DOCKCAST_LISTEN is \"localhorst\"");
  tells("DOCKCAST_BASE_PATH is \"docker/\"");
  tells("none or token. JWT is not supported yet.");
  tells("a size from 64KiB to 1GiB");
  tells("origins such as https://app.example.com");
  tells("true or false");
  tells("DOCKER_HOST");
  tells("REDIS_URL");
}

TEST(LoadSettings, WhatItStandsBesideIsOneOfThoseThatAreKnown) {
  EXPECT_EQ(from_environment({}).settings.compat, Compat::none);
  EXPECT_EQ(from_environment({{"DOCKCAST_COMPAT", "fastapi"}}).settings.compat, Compat::fastapi);
  EXPECT_THAT(from_environment({{"DOCKCAST_COMPAT", "django"}}).mistakes, ElementsAre(HasSubstr("none or fastapi")));
}

TEST(LoadSettings, TlsWithRedisIsSaidByItsUrlAndShowsBothOrNothing) {
  const Environment tls = {{"REDIS_URL", "rediss+sentinel://a,b/main"},
                           {"DOCKCAST_REDIS_TLS_CA", "ca.pem"},
                           {"DOCKCAST_REDIS_TLS_CERT", "cert.pem"},
                           {"DOCKCAST_REDIS_TLS_KEY", "key.pem"}};
  EXPECT_THAT(from_environment(tls).mistakes, testing::IsEmpty());
  EXPECT_EQ(from_environment(tls).settings.redis_tls,
            (net::TlsPeer{.verify = true, .authorities = "ca.pem", .certificate = "cert.pem", .key = "key.pem"}));
  EXPECT_THAT(from_environment({{"REDIS_URL", "rediss://a"}, {"DOCKCAST_REDIS_TLS_CERT", "cert.pem"}}).mistakes,
              ElementsAre(HasSubstr("not DOCKCAST_REDIS_TLS_KEY")));
  EXPECT_THAT(from_environment({{"REDIS_URL", "redis://a"}, {"DOCKCAST_REDIS_TLS_CA", "ca.pem"}}).mistakes,
              ElementsAre(HasSubstr("nothing would be encrypted")));
}

TEST(LoadSettings, NamesASettingAsItsSourceDoes) {
  Sources sources;
  sources.flags = {{"DOCKCAST_LINGER", "x"}};
  sources.file = {{"DOCKCAST_LEASE_TTL", "x"}};
  const Loaded loaded = load_settings(sources);
  EXPECT_THAT(loaded.mistakes,
              ElementsAre(HasSubstr("lease_ttl is \"x\" (file)"), HasSubstr("--linger is \"x\" (flag)")));
}

TEST(LoadSettings, ASecretComesFromAFileAndIsNeverShown) {
  const File good("s3cret\n"), bad("two words\n"), nothing("\n");
  EXPECT_EQ(from_environment({{"DOCKCAST_TOKEN_FILE", good.path()}}).settings.token, "s3cret");
  EXPECT_THAT(from_environment({{"DOCKCAST_TOKEN_FILE", good.path()}, {"DOCKCAST_TOKEN", "x"}}).mistakes,
              ElementsAre(HasSubstr("only one of them can be meant")));
  EXPECT_THAT(from_environment({{"DOCKCAST_TOKEN_FILE", nothing.path()}}).mistakes, ElementsAre(HasSubstr("is empty")));
  for (const Environment& wrong :
       {Environment{{"DOCKCAST_TOKEN", "two words"}}, Environment{{"DOCKCAST_TOKEN_FILE", bad.path()}},
        Environment{{"REDIS_URL", "http://:two%20words@host"}}}) {
    const Loaded loaded = from_environment(wrong);
    ASSERT_EQ(loaded.mistakes.size(), 1u);
    EXPECT_THAT(loaded.mistakes[0], Not(HasSubstr("two")));
  }
}

TEST(LoadSettings, ATokenIsAskedForWhereOthersCanReachUs) {
  EXPECT_FALSE(asks_for_token(from_environment({}).settings));
  EXPECT_FALSE(asks_for_token(from_environment({{"DOCKCAST_LISTEN", "::1"}}).settings));
  EXPECT_TRUE(asks_for_token(from_environment({{"DOCKCAST_LISTEN", "0.0.0.0"}}).settings));
  EXPECT_TRUE(asks_for_token(from_environment({{"DOCKCAST_TOKEN", "x"}}).settings));
  EXPECT_TRUE(asks_for_token(from_environment({{"DOCKCAST_AUTH", "token"}}).settings));
  const Loaded open = from_environment({{"DOCKCAST_LISTEN", "0.0.0.0"}, {"DOCKCAST_AUTH", "none"}});
  EXPECT_FALSE(asks_for_token(open.settings));
  EXPECT_THAT(open.warnings, ElementsAre(HasSubstr("Anyone who reaches 0.0.0.0")));
}

TEST(LoadSettings, AContextOnTheCommandLineBeatsADockerHostOfTheEnvironment) {
  Sources sources;
  sources.environment = {{"DOCKER_HOST", "unix:///run/a.sock"}, {"DOCKER_CONTEXT", "far"}};
  EXPECT_EQ(load_settings(sources).settings.docker_host, "unix:///run/a.sock");
  sources.flags = {{"DOCKER_CONTEXT", "near"}};
  EXPECT_EQ(load_settings(sources).settings.docker_host, "");
  EXPECT_EQ(load_settings(sources).settings.docker_context, "near");
}

TEST(LoadSettings, TlsForClientsNeedsACertificateAndItsKey) {
  net::TestCertificates certificates;
  const net::TlsFiles one = certificates.issue("one", "DNS:a"), other = certificates.issue("other", "DNS:a");
  const auto loaded = [](const std::string& certificate, const std::string& key) {
    return from_environment({{"DOCKCAST_TLS_CERT", certificate}, {"DOCKCAST_TLS_KEY", key}});
  };
  EXPECT_THAT(loaded(one.certificate, one.key).mistakes, IsEmpty());
  EXPECT_TRUE(speaks_tls(loaded(one.certificate, one.key).settings));
  EXPECT_FALSE(speaks_tls(from_environment({}).settings));
  EXPECT_THAT(loaded(one.certificate, "").mistakes, ElementsAre(HasSubstr("but not DOCKCAST_TLS_KEY")));
  EXPECT_THAT(loaded("", one.key).mistakes, ElementsAre(HasSubstr("but not DOCKCAST_TLS_CERT")));
  EXPECT_THAT(loaded(one.certificate, other.key).mistakes, ElementsAre(HasSubstr(other.key + " is not the key of")));
  EXPECT_THAT(loaded("/nowhere", one.key).mistakes, ElementsAre(HasSubstr("/nowhere cannot be read: No such file")));
}

TEST(LoadSettings, TlsToTheEngineIsSaidByNamesOfDocker) {
  net::TestCertificates certificates;
  const Loaded verified = from_environment(
      {{"DOCKER_HOST", "tcp://far"}, {"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", certificates.folder()}});
  EXPECT_THAT(verified.mistakes, IsEmpty());
  EXPECT_EQ(verified.settings.engine.endpoint.tls->authorities, certificates.authority());
  EXPECT_THAT(verified.warnings, IsEmpty());
  EXPECT_THAT(from_environment({{"DOCKER_HOST", "tcp://far"}, {"DOCKER_TLS", "1"}}).warnings,
              ElementsAre(HasSubstr("nothing verifies its certificate")));
}

TEST(LoadSettings, WarnsOfNamesThatNobodyReadsButNotOfThoseThatKubernetesSets) {
  EXPECT_THAT(from_environment({{"DOCKCAST_LISEN", "::"}, {"DOCKCAST_LINGER_FILE", "x"}}).warnings,
              ElementsAre(HasSubstr("DOCKCAST_LINGER_FILE"), HasSubstr("DOCKCAST_LISEN")));
  EXPECT_THAT(from_environment({{"DOCKCAST_SERVICE_HOST", "10.0.0.1"}, {"DOCKCAST_PORT_80_TCP", "x"}}).warnings,
              IsEmpty());
}

TEST(CommandLine, KnowsItsActionsAndAFlagForEverySettingButSecrets) {
  EXPECT_EQ(parse_command_line({}).action, CommandLine::Action::serve);
  EXPECT_EQ(parse_command_line({"-h"}).action, CommandLine::Action::help);
  CommandLine line = parse_command_line({"--check-config", "--config", "a.toml", "--port=9", "--allow-query-token",
                                         "--lease-ttl", "5s", "--token-file", "t", "--redis-url", "redis://h"});
  EXPECT_EQ(line.action, CommandLine::Action::check_config);
  EXPECT_THAT(line.mistakes, IsEmpty());
  EXPECT_EQ(line.config, "a.toml");
  EXPECT_EQ(line.flags["PORT"], "9");
  EXPECT_EQ(line.flags["DOCKCAST_ALLOW_QUERY_TOKEN"], "true");
  EXPECT_EQ(line.flags["DOCKCAST_LEASE_TTL"], "5s");
  EXPECT_EQ(line.flags["DOCKCAST_TOKEN_FILE"], "t");
  EXPECT_EQ(line.flags["REDIS_URL"], "redis://h");
  EXPECT_EQ(parse_command_line({"--allow-query-token=false"}).flags["DOCKCAST_ALLOW_QUERY_TOKEN"], "false");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(parse_command_line({"--prot", "9"}).mistakes, ElementsAre(HasSubstr("--prot"), HasSubstr("9")));
  EXPECT_THAT(parse_command_line({"--token", "x"}).mistakes, Not(IsEmpty()));
  EXPECT_THAT(parse_command_line({"--port"}).mistakes, ElementsAre(HasSubstr("--port")));
}

TEST(SettingsFile, MayWriteValuesAsTextNumbersTruthAndLists) {
  const File file(
      "port = 9\nlease_ttl = \"5s\"\nallow_query_token = true\nallowed_hosts = [\"a\", \"b\"]\n"
      "token_file = \"/run/token\"\n");
  const SettingsFile read = read_settings_file(file.path());
  EXPECT_THAT(read.mistakes, IsEmpty());
  EXPECT_THAT(read.said, ElementsAre(testing::Pair("DOCKCAST_ALLOWED_HOSTS", "a,b"),
                                     testing::Pair("DOCKCAST_ALLOW_QUERY_TOKEN", "true"),
                                     testing::Pair("DOCKCAST_LEASE_TTL", "5s"),
                                     testing::Pair("DOCKCAST_TOKEN_FILE", "/run/token"), testing::Pair("PORT", "9")));
}

TEST(SettingsFile, TellsItsMistakesWithTheirLine) {
  const File unknown("port = 9\nlinger = 1.5\nlease_tll = \"5s\"\n"), broken("port = \n");
  EXPECT_THAT(read_settings_file(unknown.path()).mistakes,
              ElementsAre(HasSubstr(":3: there is no setting lease_tll"), HasSubstr(":2: linger is neither")));
  EXPECT_THAT(read_settings_file(broken.path()).mistakes, ElementsAre(HasSubstr(broken.path() + ":1: ")));
  EXPECT_THAT(read_settings_file("/nowhere").mistakes, ElementsAre(HasSubstr("cannot be read")));
}

}  // namespace
}  // namespace app
