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
  set("DOCKER_HOST", "tcp://host:2376");
  set("DOCKER_TLS_VERIFY", "1");
  EXPECT_EQ(fault(), Fault::unsupported);
  EXPECT_NE(found().find("DOCKER_TLS_VERIFY"), std::string::npos);
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
  write("elsewhere/contexts/tls/1/docker/ca.pem", "");
  EXPECT_EQ(fault(), Fault::unsupported);
  write("elsewhere/config.json", "{broken");
  EXPECT_EQ(fault(), Fault::bad_request);
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
