#include "tunnel/asker.hpp"

#include <vector>

#include "net/random.hpp"

namespace tunnel {

using base::Error;
using base::Fault;

constexpr net::Duration look_every = std::chrono::seconds(1);

Asker::Asker(Wire::Place place, Directory& directory, std::string name)
    : place_(place), directory_(directory), name_(std::move(name)) {
  following_ = place_.bus.follow(asker_channel(name_), *this);
  look();
}

base::Result<std::unique_ptr<net::Stream>> Asker::open(const std::string& engine) {
  if (!followed_) return Error{Fault::unavailable, "Redis does not answer, through which others could be asked"};
  if (streams_.size() >= streams_max)
    return Error{Fault::unavailable, "Too many connections to the Engines of other instances are open"};
  const auto host = directory_.host_of(engine);
  if (!host) return Error{Fault::refused, "No instance reaches the Docker Engine " + engine + " now"};
  std::uint64_t number = place_.loop.random().next();
  while (streams_.contains(number)) number = place_.loop.random().next();
  auto stream = std::make_unique<FarStream>(*this, place_, *host, number);
  streams_.emplace(number, Open{stream.get(), engine});
  return base::Result<std::unique_ptr<net::Stream>>(std::move(stream));
}

void Asker::on_frame(std::string_view bytes) {
  const auto frame = decode(bytes);
  if (!frame) return;
  if (const auto found = streams_.find(frame->stream); found != streams_.end()) found->second.stream->hear(*frame);
}

// Who is told something may end any of them.
template <class Call>
void Asker::each(Call call) {
  std::vector<std::uint64_t> all;
  for (const auto& [number, open] : streams_) all.push_back(number);
  for (const std::uint64_t number : all)
    if (const auto found = streams_.find(number); found != streams_.end()) call(*found->second.stream);
}

void Asker::on_lost() {
  followed_ = false;
  each([](FarStream& stream) { stream.cut({Fault::closed, "Redis does not answer, through which others are asked"}); });
}

void Asker::look() {
  timer_ = place_.loop.after(look_every, [this] { look(); });
  each([](FarStream& stream) { stream.look(); });
}

void Asker::doubt(const std::string& host) {
  for (const auto& [number, open] : streams_)
    if (open.stream->host() == host) directory_.doubt(open.engine, host);
}

}  // namespace tunnel
