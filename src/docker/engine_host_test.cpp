#include "docker/engine_host.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace docker {
namespace {

namespace fs = std::filesystem;
using base::Fault;

// A home folder of its own, and only the variables that a test sets.
class FindEngine : public testing::Test {
 protected:
  FindEngine() {
    std::string pattern = testing::TempDir() + "engine_host.XXXXXX";
    home_ = mkdtemp(pattern.data());
    set("HOME", home_);
  }
  ~FindEngine() override { fs::remove_all(home_); }

  void set(const std::string& name, const std::string& value) { variables_[name] = value; }
  std::string write(const std::string& path, const std::string& text) {
    const fs::path full = home_ + "/" + path;
    fs::create_directories(full.parent_path());
    std::ofstream(full) << text;
    return full;
  }
  base::Result<EngineHost> find() {
    EngineSearch search;
    search.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    search.usual_socket = home_ + "/run/docker.sock";
    return find_engine(search);
  }
  std::string found() {
    auto host = find();
    return host ? host->endpoint.to_string() : host.error().message;
  }
  Fault fault() {
    auto host = find();
    return host ? Fault::internal : host.error().fault;
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(FindEngine, TakesDockerHostBeforeEverythingElse) {
  set("DOCKER_CONTEXT", "far");
  set("DOCKER_HOST", "unix:///run/other.sock");
  auto host = find();
  ASSERT_TRUE(host);
  EXPECT_EQ(host->endpoint.path, "/run/other.sock");
  EXPECT_EQ(host->reason, "DOCKER_HOST is set");
}

TEST_F(FindEngine, ReadsTheFormsOfATcpAddress) {
  set("DOCKER_HOST", "tcp://10.0.0.1:4000");
  EXPECT_EQ(found(), "10.0.0.1:4000");
  set("DOCKER_HOST", "10.0.0.1:4000");
  EXPECT_EQ(found(), "10.0.0.1:4000");
  set("DOCKER_HOST", "tcp://docker-proxy/");
  EXPECT_EQ(found(), "docker-proxy:2375");
  set("DOCKER_HOST", "tcp://[::1]:2375");
  EXPECT_EQ(found(), "::1:2375");
  set("DOCKER_HOST", "tcp://:2375");
  EXPECT_EQ(found(), "localhost:2375");
}

TEST_F(FindEngine, RefusesWhatMakesNoSense) {
  for (const char* wrong : {"tcp://host:0", "tcp://host:99999", "tcp://host:1x", "tcp://[::1", "tcp://[web]:1",
                            "tcp://a\r\nX: y", "unix://relative", "ftp://x"}) {
    set("DOCKER_HOST", wrong);
    EXPECT_EQ(fault(), Fault::bad_request) << wrong;
  }
}

TEST_F(FindEngine, SaysWhatItDoesNotSpeak) {
  for (const char* foreign : {"ssh://user@host", "npipe:////./pipe/docker_engine", "tcp://host:1/path"}) {
    set("DOCKER_HOST", foreign);
    EXPECT_EQ(fault(), Fault::unsupported) << foreign;
  }
}

TEST_F(FindEngine, FollowsTheContextOfTheVariableElseTheCurrentOne) {
  write(".docker/config.json", R"({"currentContext":"near","auths":{}})");
  write(".docker/contexts/meta/aaaa/meta.json", R"({"Name":"far","Endpoints":{"docker":{"Host":"tcp://far:1"}}})");
  write(".docker/contexts/meta/bbbb/meta.json", R"({"Name":"near","Endpoints":{"docker":{"Host":"unix:///near"}}})");
  EXPECT_EQ(found(), "unix:/near");
  EXPECT_NE(find()->reason.find("config.json"), std::string::npos);
  set("DOCKER_CONTEXT", "far");
  EXPECT_EQ(found(), "far:1");
  EXPECT_EQ(find()->reason, "Docker context far, because DOCKER_CONTEXT is set");
  set("DOCKER_CONTEXT", "gone");
  EXPECT_EQ(fault(), Fault::bad_request);
  set("DOCKER_CONTEXT", "default");
  EXPECT_EQ(found(), "unix:" + home_ + "/run/docker.sock");
}

TEST_F(FindEngine, ReadsItsConfigurationWhereDockerConfigSays) {
  set("DOCKER_CONFIG", home_ + "/elsewhere");
  write("elsewhere/config.json", R"({"currentContext":"x"})");
  write("elsewhere/contexts/meta/1/meta.json", R"({"Name":"x","Endpoints":{"docker":{"Host":"tcp://x:1"}}})");
  EXPECT_EQ(found(), "x:1");
  write("elsewhere/config.json", "{broken");
  EXPECT_EQ(fault(), Fault::bad_request);
}

TEST_F(FindEngine, TakesTlsFromTheEnvironmentAsTheCliDoes) {
  set("DOCKER_HOST", "tcp://far");
  set("DOCKER_TLS_VERIFY", "1");
  EXPECT_EQ(fault(), Fault::bad_request);
  EXPECT_NE(found().find(home_ + "/.docker/ca.pem"), std::string::npos);
  const std::string authorities = write(".docker/ca.pem", "");
  EXPECT_EQ(found(), "far:2376");
  EXPECT_EQ(find()->endpoint.tls, (net::TlsPeer{true, authorities, "", ""}));
  EXPECT_EQ(find()->reason, "DOCKER_HOST is set, with TLS");

  set("DOCKER_CERT_PATH", home_ + "/certs");
  const std::string ca = write("certs/ca.pem", ""), certificate = write("certs/cert.pem", "");
  EXPECT_NE(found().find("only one of cert.pem and key.pem"), std::string::npos);
  const std::string key = write("certs/key.pem", "");
  EXPECT_EQ(find()->endpoint.tls, (net::TlsPeer{true, ca, certificate, key}));

  set("DOCKER_TLS_VERIFY", "");
  EXPECT_EQ(find()->endpoint.tls, std::nullopt);
  EXPECT_EQ(found(), "far:2375");
  set("DOCKER_TLS", "1");
  EXPECT_FALSE(find()->endpoint.tls->verify);
  EXPECT_EQ(find()->reason, "DOCKER_HOST is set, with TLS that verifies nobody");
  set("DOCKER_HOST", "unix:///run/docker.sock");
  EXPECT_NE(found().find("speaks no TLS"), std::string::npos);
  set("DOCKER_HOST", "");
  EXPECT_EQ(found(), "localhost:2376");
}

TEST_F(FindEngine, TakesTheTlsThatBelongsToAContext) {
  const auto context = [this](const std::string& endpoint) {
    write(".docker/contexts/meta/1/meta.json", R"({"Name":"x","Endpoints":{"docker":{)" + endpoint + "}}}");
  };
  set("DOCKER_CONTEXT", "x");
  set("DOCKER_TLS_VERIFY", "1");  // of no context's concern
  context(R"("Host":"tcp://x")");
  EXPECT_EQ(found(), "x:2375");
  EXPECT_EQ(find()->endpoint.tls, std::nullopt);
  context(R"("Host":"tcp://x","SkipTLSVerify":true)");
  EXPECT_EQ(find()->endpoint.tls, (net::TlsPeer{false, "", "", ""}));
  context(R"("Host":"tcp://x","SkipTLSVerify":false)");
  const std::string ca = write(".docker/contexts/tls/1/docker/ca.pem", "");
  EXPECT_EQ(find()->endpoint.tls, (net::TlsPeer{true, ca, "", ""}));
  EXPECT_EQ(found(), "x:2376");
  const std::string certificate = write(".docker/contexts/tls/1/docker/cert.pem", "");
  EXPECT_EQ(fault(), Fault::bad_request);
  const std::string key = write(".docker/contexts/tls/1/docker/key.pem", "");
  EXPECT_EQ(find()->endpoint.tls, (net::TlsPeer{true, ca, certificate, key}));
}

TEST_F(FindEngine, FallsBackToTheUsualSocketThenTheRootlessOne) {
  const std::string usual = home_ + "/run/docker.sock";
  EXPECT_EQ(found(), "unix:" + usual);
  set("XDG_RUNTIME_DIR", home_ + "/user");
  EXPECT_EQ(found(), "unix:" + usual);
  const std::string rootless = write("user/docker.sock", "");
  EXPECT_EQ(found(), "unix:" + rootless);
  write("run/docker.sock", "");
  EXPECT_EQ(found(), "unix:" + usual);
}

}  // namespace
}  // namespace docker
