// Server, while an answer is a container's log: pieces from the control loop become the body, paced by the socket.
#include "api/download.hpp"
#include "api/server.hpp"
#include "base/check.hpp"
#include "base/log.hpp"

namespace api {
namespace {

using Phase = HttpPhase::Download;
constexpr std::uint32_t subscription = 0;  // the only one that a socket has while it speaks HTTP

}  // namespace

void Server::download(SessionSlot& slot, const http::Request& request, std::string_view name) {
  if (const auto refusal = forbids(request, auth::Verb::read_logs)) return refuse(slot, *refusal);
  auto asked = parse_download(request, loop_.wall_now());
  if (!asked) return refuse(slot, Failure(asked.error()).refusal());
  CHECK(fanout_.add_subscription(slot.session.slot) == subscription);
  slot.http->answering = true;
  slot.http->container = name;
  slot.http->download = Phase::asked;
  slot.http->download_form = asked->form;
  asked->asker = follower(slot, subscription);
  asked->told = this;
  control_.download(std::string(name), std::move(*asked));
}

SessionSlot* Server::downloading(const hub::FollowerName& asker) {
  SessionSlot* slot = find(asker.session);
  return slot != nullptr && slot->http && slot->http->download != Phase::none ? slot : nullptr;
}

void Server::on_download_begun(const hub::FollowerName& asker) {
  SessionSlot* slot = downloading(asker);
  // It left while its container was looked for: there was nothing to end yet.
  if (slot == nullptr) return control_.end_download({loop_number_, asker});
  HttpPhase& http = *slot->http;
  http.download = Phase::begun;
  http.form.keep_alive &= !http.ended && stay_ == Stay::serving;
  fanout_.send(asker.session.slot, http::serialize_stream_head(download_head(http.download_form), http.form));
  arm(*slot, settings_.progress_timeout);
}

void Server::on_download_piece(const hub::FollowerName& asker, std::string_view piece) {
  SessionSlot* slot = downloading(asker);
  if (slot == nullptr) return;
  frame_.clear();
  http::append_piece(frame_, piece, slot->http->form);
  fanout_.replay(asker, {frame_, 0});
}

void Server::on_download_ended(const hub::FollowerName& asker, const std::optional<base::Error>& error) {
  SessionSlot* slot = downloading(asker);
  if (slot == nullptr) return;
  const http::AnswerForm form = slot->http->form;
  if (error && slot->http->download == Phase::begun) {
    base::log::warn("Cut a download off", {{"why", error->message}, {"address", slot->peer.to_string()}});
    // A body in chunks lacks its last one; where the close would be the end, a reset says that it is not.
    if (!form.chunks) return remove(*slot);
    end_download(*slot);
    return part(*slot);
  }
  end_download(*slot);
  if (error) return refuse_container(*slot, *error);
  std::string end;
  http::append_end(end, form);
  fanout_.send(asker.session.slot, end);
  if (!form.keep_alive || !form.chunks) return part(*slot);
  answered(*slot);
}

void Server::end_download(SessionSlot& slot) {
  slot.http->download = Phase::none;
  fanout_.remove_subscription(slot.session.slot, subscription);
}

// A socket that has taken nothing for too long holds a read of the Engine open for nobody.
void Server::on_due_download(SessionSlot& slot) {
  const Liveness::Socket socket = outlet(slot);
  const net::Instant due = socket.last_sent + settings_.progress_timeout;
  if (!socket.blocked) return arm(slot, settings_.progress_timeout);
  if (loop_.now() < due) return arm(slot, due - loop_.now());
  strike(Limit::progress_time);
  base::log::info("Cut a download off: the socket took nothing for too long", {{"address", slot.peer.to_string()}});
  remove(slot);
}

}  // namespace api
