#include "sim/sim_container.hpp"

#include "sim/sim_engine.hpp"

namespace sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t pipe_bytes = 64 * 1024;
constexpr std::size_t name_bytes = 64;

std::string drawn_id(net::Random& random) {
  std::string id;
  while (id.size() < name_bytes) id += "0123456789abcdef"[random.below(16)];
  return id;
}

// A terminal writes every newline as CR LF.
std::string through_terminal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '\n') text += '\r';
    text += c;
  }
  return text;
}

}  // namespace

SimContainer::SimContainer(SimEngine& engine, ContainerOptions options)
    : engine_(engine),
      options_(std::move(options)),
      log_(engine.options().generation, options_.log),
      created_(engine.wall()) {
  if (options_.id.empty()) options_.id = drawn_id(engine.loop_.random());
  publish("create");
}

bool SimContainer::writable() const {
  const auto full = [](const Source& source) { return source.pipe.size() >= pipe_bytes; };
  return process_ && !paused_ && !full(sources_[0]) && !full(sources_[1]);
}

void SimContainer::write(SimStream stream, std::string_view bytes) {
  if (!process_ || paused_) return;
  Source& to = source(options_.tty ? SimStream::out : stream);
  to.pipe += options_.tty ? through_terminal(bytes) : std::string(bytes);
  if (engine_.serving()) copy(to);
}

void SimContainer::copy(Source& from) {
  std::string_view rest = from.pipe;
  while (!rest.empty() && !from.held) {
    for (auto& piece : from.copier->read(rest)) put(from, std::move(piece));
  }
  from.pipe.erase(0, from.pipe.size() - rest.size());
}

void SimContainer::put(Source& from, SimPiece piece) {
  auto& random = engine_.loop_.random();
  if (!random.chance(engine_.options().reorder_chance)) return append(piece);
  from.held = std::move(piece);
  const auto index = static_cast<std::size_t>(&from - sources_.data());
  engine_.later(microseconds(random.below(2'700)), [this, index] {
    release(sources_[index]);
    if (engine_.serving() && sources_[index].copier) copy(sources_[index]);
  });
}

void SimContainer::append(const SimPiece& piece) {
  const auto& records = log_.records();
  if (!records.empty() && records.back().stream != piece.stream && records.back().stamp > piece.stamp) {
    ++engine_.counts_.out_of_order;
  }
  log_.append(piece);
}

void SimContainer::release(Source& from) {
  if (auto piece = std::exchange(from.held, std::nullopt)) append(*piece);
}

void SimContainer::drain() {
  for (auto& from : sources_) {
    if (from.copier) copy(from);
  }
  if (end_waits_) {
    const auto [code, how] = *std::exchange(end_waits_, std::nullopt);
    process_ = true;
    end(code, how);
  }
}

void SimContainer::attach() {
  for (const auto stream : {SimStream::out, SimStream::err}) {
    source(stream).held.reset();
    source(stream).copier = std::make_unique<SimCopier>(stream, [this] { return engine_.stamp(); });
  }
  log_.open();
}

void SimContainer::start() {
  if (process_ || removing_ || !engine_.serving()) return;
  if (ending_ > 0) {
    engine_.later(milliseconds(1), [this] { start(); });
    return;
  }
  process_ = true;
  for (auto& from : sources_) from.pipe.clear();
  attach();
  ++ending_;
  starting_ = true;
  engine_.later(microseconds(engine_.loop_.random().below(3'000)), [this] {
    --ending_;
    starting_ = false;
    started_ = engine_.wall();
    if (process_) state_ = "running";
    publish("start");
  });
}

void SimContainer::end(int code, End how) {
  if (!process_) return;
  process_ = false;
  paused_ = false;
  if (!engine_.serving()) {
    end_waits_ = {code, how};
    return;
  }
  if (how != End::exit) publish("kill", {{"signal", how == End::stop ? "15" : "9"}});
  for (auto& from : sources_) {
    release(from);
    copy(from);
    for (; from.held; copy(from)) release(from);
    for (auto& piece : from.copier->end()) append(piece);
    from.copier.reset();
  }
  exit_code_ = code;
  ending_ += 2;
  auto& random = engine_.loop_.random();
  const bool old = engine_.options().generation == Generation::docker_20;
  // The end of the log against `die`: 5-11 ms before it on 26.1, the same moment on 20.10, either way round.
  const auto closed_after = microseconds(old ? random.below(1'000) : 0);
  const auto dead_after =
      microseconds(old ? (random.chance(0.02) ? 18'000 : random.below(1'000)) : 5'000 + random.below(6'000));
  engine_.later(closed_after, [this] {
    --ending_;
    log_.close();
  });
  engine_.later(dead_after, [this, how, old] { die(how, old); });
}

void SimContainer::die(End how, bool old) {
  if (starting_) {
    engine_.later(microseconds(100), [this, how, old] { die(how, old); });
    return;
  }
  --ending_;
  state_ = "exited";
  finished_ = engine_.wall();
  std::map<std::string, std::string> more = {{"exitCode", std::to_string(exit_code_)}};
  if (!old) {
    more["execDuration"] = std::to_string((finished_ - started_) / 1'000'000'000);
    if (how == End::stop) publish("stop");
  }
  publish("die", std::move(more));
  if (old && how == End::stop) publish("stop");
}

void SimContainer::restart(int code) {
  stop(code);
  ++ending_;
  engine_.later(milliseconds(20), [this] {
    --ending_;
    start();
    ++ending_;
    engine_.later(milliseconds(4), [this] {
      --ending_;
      publish("restart");
    });
  });
}

void SimContainer::pause() {
  if (!process_ || paused_ || !engine_.serving()) return;
  paused_ = true;
  state_ = "paused";
  publish("pause");
}

void SimContainer::unpause() {
  if (!paused_ || !engine_.serving()) return;
  paused_ = false;
  state_ = "running";
  publish("unpause");
}

void SimContainer::rename(const std::string& name) {
  const std::string old = std::exchange(options_.name, name);
  publish("rename", {{"oldName", "/" + old}});
}

void SimContainer::remove() {
  if (removing_ || !engine_.serving()) return;
  removing_ = true;
  log_.remove();
  kill();
  engine_.later(milliseconds(25), [this] {
    publish("destroy");
    engine_.forget(*this);
  });
}

void SimContainer::detach() {
  for (auto& from : sources_) {
    from.held.reset();
    from.copier.reset();
  }
  log_.close();
}

void SimContainer::lose_process() {
  end_waits_.reset();
  if (!std::exchange(process_, false) && state_ != "running" && state_ != "paused") return;
  paused_ = false;
  state_ = "exited";
  exit_code_ = 137;
  finished_ = engine_.wall();
}

void SimContainer::publish(const std::string& action, std::map<std::string, std::string> more) {
  SimEvent event{action, options_.id, std::move(more), engine_.wall()};
  event.attributes.insert(options_.labels.begin(), options_.labels.end());
  event.attributes["image"] = options_.image;
  event.attributes["name"] = options_.name;
  engine_.publish(std::move(event));
}

}  // namespace sim
