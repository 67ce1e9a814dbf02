#include "integration/engine_twins.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "docker/timestamp.hpp"

namespace integration {
namespace {

using sim::SimStream;

// For printf of a shell: every byte as \ooo.
std::string octal(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    escaped += '\\';
    for (const int shift : {6, 3, 0}) escaped += static_cast<char>('0' + (byte >> shift & 7));
  }
  return escaped;
}

Print print(SimStream stream, std::string shell, std::string bytes) {
  if (stream == SimStream::err) shell += " >&2";
  return {stream, std::move(shell), std::move(bytes)};
}

bool is_stamp(std::string_view text) {
  return text.size() == 31 && text.ends_with("Z ") && docker::parse_time(text.substr(0, 30));
}

// "2026-01-01T00:00:00.000000000Z " everywhere in the body, each once, in order.
std::vector<std::string> stamps_in(std::string_view body) {
  std::vector<std::string> stamps;
  for (auto at = body.find("Z "); at != body.npos; at = body.find("Z ", at + 1)) {
    if (at < 29 || !is_stamp(body.substr(at - 29, 31))) continue;
    stamps.emplace_back(body.substr(at - 29, 30));
  }
  return stamps;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// @3+1 as seconds with nanoseconds, @id as the id.
std::string filled(std::string target, const std::string& id, const std::vector<std::string>& stamps) {
  replace_all(target, "@id", id);
  for (auto at = target.find('@'); at != target.npos; at = target.find('@')) {
    std::size_t number = 0;
    int shift = 0;
    const char* const end = target.data() + target.size();
    const char* next = std::from_chars(target.data() + at + 1, end, number).ptr;
    if (next != end && (*next == '+' || *next == '-')) {
      const int sign = *next == '+' ? 1 : -1;
      next = std::from_chars(next + 1, end, shift).ptr;
      shift *= sign;
    }
    CHECK(number < stamps.size());
    const auto time = *docker::parse_time(stamps[number]) + std::chrono::nanoseconds(shift);
    target.replace(at, static_cast<std::size_t>(next - target.data()) - at, docker::seconds_parameter(time));
  }
  return target;
}

std::string shown(const std::string& text) {  // both ends of a long one, fit for a terminal
  constexpr std::size_t most = 600;
  std::string cut = text.size() <= most ? text : text.substr(0, most / 2) + " … " + text.substr(text.size() - most / 2);
  std::string plain = std::to_string(text.size()) + " bytes: ";
  for (const char c : cut) plain += c == '\n' ? "\\n" : std::string(1, c);
  return plain;
}

}  // namespace

Print out(std::string_view text) { return print(SimStream::out, "printf '" + octal(text) + "'", std::string(text)); }
Print err(std::string_view text) { return print(SimStream::err, "printf '" + octal(text) + "'", std::string(text)); }
Print fill(SimStream stream, char character, std::size_t count) {
  std::string shell = "head -c " + std::to_string(count) + " /dev/zero | tr '\\0' '" + character + "'";
  if (stream == SimStream::err) shell = "{ " + shell + "; }";
  return print(stream, std::move(shell), std::string(count, character));
}

Print numbers(int first, int count) {
  std::string lines;
  for (int i = first; i < first + count; ++i) lines += std::to_string(i) + "\n";
  return print(SimStream::out, "seq " + std::to_string(first) + " " + std::to_string(first + count - 1), lines);
}

void EngineTwins::SetUp() {
  const auto endpoint = RealEngine::endpoint(GetParam());
  if (!endpoint) GTEST_SKIP() << "DOCKCAST_TEST_ENGINE_" << GetParam() << " is not set";
  real_.emplace(ground_, *endpoint);
  std::string pattern = testing::TempDir() + "twin.XXXXXX";
  folder_ = mkdtemp(pattern.data());
  net::Endpoint door;
  door.path = folder_ + "/docker.sock";
  sim::EngineOptions options;
  options.generation = old() ? sim::Generation::docker_20 : sim::Generation::docker_26;
  options.reorder_chance = options.late_chance = 0;
  twin_ = std::make_unique<sim::SimEngine>(ground_.network, door, options);
  twin_http_.emplace(ground_.network, door);
}

void EngineTwins::TearDown() {
  twin_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

http::Reply EngineTwins::ask_twin(const std::string& target, const std::string& method) {
  http::Call question;
  question.method = method;
  question.target = target;
  auto reply = ground_.await(twin_http_->fetch(std::move(question)));
  if (!reply) ADD_FAILURE() << target << ": " << reply.error().message;
  return reply ? std::move(*reply) : http::Reply{};
}

EngineTwins::Pair EngineTwins::play(const std::string& name, const std::vector<Print>& prints, const Setting& setting) {
  RunOptions options;
  options.tty = setting.tty;
  options.driver = setting.log.driver == sim::LogDriver::local ? "local" : "json-file";
  if (setting.log.max_size > 0) {
    options.log_options = {{"max-size", std::to_string(setting.log.max_size)},
                           {"max-file", std::to_string(setting.log.max_file)}};
    if (setting.log.driver == sim::LogDriver::local) options.log_options.emplace_back("compress", "false");
  }
  std::string script;
  // A moment between prints, or the two streams' copiers race.
  for (const auto& print : prints) script += print.shell + "; sleep 0.03; ";
  Pair pair;
  pair.real = real_->create(name, script, options);
  real_->start(pair.real);

  sim::ContainerOptions twin;
  twin.name = name;
  twin.tty = setting.tty;
  twin.log = setting.log;
  sim::SimContainer& container = twin_->create(twin);
  pair.twin = container.id();
  container.start();
  for (const auto& print : prints) container.write(print.stream, print.bytes);
  container.exit(0);
  EXPECT_TRUE(ground_.until([&] { return container.state() == "exited" && !container.log().is_open(); }));
  real_->wait(pair.real);

  const std::string everything = "/logs?stdout=1&stderr=1&timestamps=1";
  pair.real_stamps = stamps_in(real_->get("/containers/" + pair.real + everything).body);
  pair.twin_stamps = stamps_in(ask_twin("/containers/" + pair.twin + everything).body);
  EXPECT_EQ(pair.real_stamps.size(), pair.twin_stamps.size());
  same_answer(pair, "/containers/@id" + everything);
  return pair;
}

std::string EngineTwins::comparable(const http::Reply& reply, const std::string& id,
                                    const std::vector<std::string>& stamps) {
  std::string body = reply.body;
  replace_all(body, id, "<id>");
  // The pieces of a line share their stamp: the first one's number.
  for (std::size_t i = 0; i < stamps.size(); ++i) replace_all(body, stamps[i], "<" + std::to_string(i) + ">");
  return std::to_string(reply.status) + " " + std::string(reply.headers.get("Content-Type")) + "\n" + body;
}

void EngineTwins::same_answer(const Pair& pair, const std::string& target) {
  if (HasFatalFailure() || pair.real_stamps.size() != pair.twin_stamps.size()) return;
  const std::string real_target = filled(target, pair.real, pair.real_stamps);
  const std::string real = comparable(real_->get(real_target), pair.real, pair.real_stamps);
  const std::string twin =
      comparable(ask_twin(filled(target, pair.twin, pair.twin_stamps)), pair.twin, pair.twin_stamps);
  EXPECT_TRUE(real == twin) << target << "\n real: " << shown(real) << "\n twin: " << shown(twin);
}

void EngineTwins::same_logs(const Pair& pair, const std::vector<std::string>& queries) {
  for (const auto& query : queries) same_answer(pair, "/v1.41/containers/@id/logs?" + query);
}

}  // namespace integration
