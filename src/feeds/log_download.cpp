#include "feeds/log_download.hpp"

namespace feeds {
namespace {

constexpr std::size_t window = 8;                                  // pieces: 256 KiB, as LogHistory has
constexpr net::Duration open_patience = std::chrono::seconds(30);  // with those whose downloads are open
// Of an Engine that looks for what is wanted; it looks through a gigabyte in some ten seconds.
constexpr net::Duration silence_max = std::chrono::minutes(2);

}  // namespace

LogDownload::LogDownload(Shared shared, Download asked, const docker::Position& log, net::Callback done)
    : shared_(shared), asked_(std::move(asked)), done_(std::move(done)), drained_(shared.loop) {
  job_ = net::Job(run(log));
}

net::Task<void> LogDownload::run(docker::Position log) {
  auto error = co_await serve(log);
  tell([error = std::move(error)](Downloads& told, const hub::FollowerName& asker) {
    told.on_download_ended(asker, error);
  });
  // Posted, since `done` may destroy us; and another one may be in our place by then.
  shared_.loop.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    net::Callback done = std::move(done_);
    done();
  });
}

net::Task<std::optional<base::Error>> LogDownload::serve(docker::Position log) {
  for (const auto* given : {&asked_.start.after, &asked_.until}) {
    if (*given && !docker::same_log(**given, log))
      co_return base::Error{base::Fault::bad_request, std::string(given == &asked_.until ? "until" : "since") +
                                                          " is a position in the log of another container."};
  }
  const auto open = co_await shared_.open.enter_within(open_patience);
  if (!open) co_return base::Error{base::Fault::unavailable, "Too many downloads are open; try again later"};
  const std::unique_ptr<DownloadSource> source = make_download_source(shared_.engine, shared_.loop, asked_, log);
  net::Gate::Place reading = co_await shared_.reads.enter();
  auto begun = co_await source->begin();
  if (!begun) co_return begun.error();
  tell([](Downloads& told, const hub::FollowerName& asker) { told.on_download_begun(asker); });
  if (asked_.nothing) co_return std::nullopt;
  for (;;) {
    auto piece = co_await net::with_deadline(shared_.loop, silence_max, source->next());
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return std::nullopt;
    ++on_their_way_;
    tell([piece = std::move(*piece)](Downloads& told, const hub::FollowerName& asker) {
      told.on_download_piece(asker, piece);
    });
    if (on_their_way_ < window) continue;
    reading.leave();
    while (on_their_way_ >= window) co_await drained_.wait();
    net::Gate::Place again = co_await shared_.reads.enter();
    reading = std::move(again);
  }
}

template <class Call>
void LogDownload::tell(Call call) {
  shared_.hub.call(asked_.asker.loop, [told = asked_.told, asker = asked_.asker.name,
                                       call = std::move(call)](hub::Fanout&) mutable { call(*told, asker); });
}

void LogDownload::on_drained() {
  if (on_their_way_ > 0) --on_their_way_;
  drained_.notify();
}

}  // namespace feeds
