#include "feeds/log_pages.hpp"

namespace feeds {
namespace {

constexpr net::Duration patience = std::chrono::seconds(60);  // with the Engine, and with those who read before

constexpr std::size_t waiting_max = 256;  // who come back for lines that they follow are not to wait for pages

base::Error foreign(std::string_view name) {
  return {base::Fault::bad_request, std::string(name) + " is a position in the log of another container."};
}

Page page_of(const std::string& container, docker::LogPage read, ws::Deflater& deflater) {
  LogMessages messages("container:logs:" + container, deflater);
  Page page{"[", read.first.print(), read.last.print(), read.more};
  docker::Standpoint at(read.first);
  for (const auto& chunk : read.chunks) {
    LogFrame frame = chunk->gap ? gap_frame(*chunk->gap) : lines_frame(chunk->batch);
    take(at, frame);
    messages.items(page.items, frame);
  }
  page.items += ']';
  return page;
}

}  // namespace

net::Task<void> LogPages::answer(PageAsked asked, OnPage on_page) {
  auto page = co_await net::with_deadline(shared_.loop, patience, read(std::move(asked)));
  on_page(std::move(page));
}

net::Task<base::Result<Page>> LogPages::read(PageAsked asked) {
  if (shared_.reads.waiting() >= waiting_max)
    co_return base::Error{base::Fault::unavailable, "Too many wait to read from the Engine; try again later"};
  const net::Gate::Place place = co_await shared_.reads.enter();
  auto container = co_await shared_.engine.inspect(asked.container);
  if (!container) co_return container.error();
  docker::LogSource source{std::move(*container), {}};
  source.log.engine = engine_key_;
  source.log.container = docker::container_key(asked.container).value_or(source.log.container);
  if (asked.after && !docker::same_log(*asked.after, source.log)) co_return foreign("since");
  if (asked.before && !docker::same_log(*asked.before, source.log)) co_return foreign("before");
  docker::PageFrom from;
  from.after = asked.after;
  from.before = asked.before;
  from.since_ns = asked.since_ns;
  from.lines = asked.limit;
  from.depth = depth_of(asked);
  auto read = co_await docker::read_page(shared_.engine, shared_.loop, std::move(source), from);
  if (!read) co_return read.error();
  if (read->depth && read->more) remember(read->first.print(), *read->depth);
  co_return page_of(asked.container, std::move(*read), shared_.deflater);
}

std::optional<std::uint64_t> LogPages::depth_of(const PageAsked& asked) const {
  const auto found = asked.before ? depths_.find(asked.before->print()) : depths_.end();
  return found == depths_.end() ? std::nullopt : std::optional(found->second);
}

void LogPages::remember(const std::string& position, std::uint64_t depth) {
  if (!depths_.insert_or_assign(position, depth).second) return;
  known_.push_back(position);
  if (known_.size() <= depths_max) return;
  depths_.erase(known_.front());
  known_.pop_front();
}

}  // namespace feeds
