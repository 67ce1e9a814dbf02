#include "integration/real_engine.hpp"

#include <boost/json.hpp>
#include <cstdlib>

#include "docker/engine_host.hpp"

namespace integration {

namespace json = boost::json;

std::optional<net::Endpoint> RealEngine::endpoint(const std::string& version) {
  const char* url = std::getenv(("DOCKCAST_TEST_ENGINE_" + version).c_str());
  if (url == nullptr || *url == '\0') return std::nullopt;
  auto endpoint = docker::parse_docker_host(url);
  CHECK(endpoint.has_value());
  return *endpoint;
}

RealEngine::RealEngine(Ground& ground, net::Endpoint endpoint)
    : ground_(ground), http_(ground.network, std::move(endpoint)) {}

RealEngine::~RealEngine() {
  while (!created_.empty()) remove(std::string(created_.back()));
}

http::Reply RealEngine::call(const std::string& method, const std::string& target, const std::string& body) {
  http::Call question;
  question.method = method;
  question.target = target;
  question.body = body;
  question.within = std::chrono::seconds(30);
  if (!body.empty()) question.headers.add("Content-Type", "application/json");
  auto reply = ground_.await(http_.fetch(std::move(question)), std::chrono::seconds(40));
  if (!reply) ADD_FAILURE() << method << " " << target << ": " << reply.error().message;
  return reply ? std::move(*reply) : http::Reply{};
}

std::string RealEngine::create(const std::string& name, const std::string& script, const RunOptions& options) {
  json::object log_options, labels;
  for (const auto& [key, value] : options.log_options) log_options[key] = value;
  for (const auto& [key, value] : options.labels) labels[key] = value;
  const json::object log{{"Type", options.driver}, {"Config", std::move(log_options)}};
  const json::object restart{{"Name", options.restart_policy}};
  const json::object question{
      {"Image", "demo:1"},
      {"Cmd", json::array{"sh", "-c", script}},
      {"Tty", options.tty},
      {"Labels", std::move(labels)},
      {"HostConfig", json::object{{"NetworkMode", "none"}, {"LogConfig", log}, {"RestartPolicy", restart}}}};
  const auto reply = call("POST", "/containers/create?name=" + name, json::serialize(question));
  EXPECT_EQ(reply.status, 201) << reply.body;
  if (reply.status != 201) return {};
  created_.emplace_back(json::parse(reply.body).at("Id").as_string());
  return created_.back();
}

void RealEngine::act(const std::string& id, const std::string& action) {
  const auto reply = call("POST", "/containers/" + id + "/" + action);
  EXPECT_EQ(reply.status / 100, 2) << action << ": " << reply.body;
}

int RealEngine::wait(const std::string& id) {
  const auto reply = call("POST", "/containers/" + id + "/wait");
  EXPECT_EQ(reply.status, 200) << reply.body;
  return reply.status == 200 ? static_cast<int>(json::parse(reply.body).at("StatusCode").as_int64()) : -1;
}

void RealEngine::remove(const std::string& id) {
  const auto reply = call("DELETE", "/containers/" + id + "?force=1&v=1");
  EXPECT_TRUE(reply.status == 204 || reply.status == 404) << reply.body;
  std::erase(created_, id);
}

}  // namespace integration
