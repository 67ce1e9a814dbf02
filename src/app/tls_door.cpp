#include "app/tls_door.hpp"

#include <ctime>

#include "base/log.hpp"
#include "net/file_stamp.hpp"

namespace app {
namespace {

std::string date_of(net::WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  char text[32] = "";
  ::gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string stamp_of(const net::TlsFiles& files) {
  return net::file_stamp(files.certificate) + " " + net::file_stamp(files.key);
}

}  // namespace

TlsDoor::TlsDoor(net::Loop& loop, net::TlsFiles files, metrics::Registry& registry)
    : loop_(loop),
      files_(std::move(files)),
      handshakes_(registry, {"dockcast_tls_handshakes_total", "TLS handshakes with clients that ended.", "result"},
                  {"done", "resumed", "failed", "plain", "abandoned"}),
      expires_(registry.gauge("dockcast_tls_certificate_expiry_seconds",
                              "When the certificate that clients are shown expires, in Unix time.")),
      keys_(loop) {}

std::unique_ptr<net::TlsSockets> TlsDoor::guard(net::Loop& serving, net::ClientSockets& below) {
  auto sockets =
      std::make_unique<net::TlsSockets>(serving, below, [this](net::Handshake how) { handshakes_[how].add(); });
  guarded_.push_back({serving, *sockets});
  return sockets;
}

base::Result<void> TlsDoor::open() {
  const auto done = read();
  if (done) timer_ = loop_.after(look_interval, [this] { look(); });
  return done;
}

void TlsDoor::reload() {
  if (const auto done = read(); !done)
    base::log::error("The certificate cannot be read again; the one before it stays", {{"why", done.error().message}});
}

base::Result<void> TlsDoor::read() {
  seen_ = stamp_ = stamp_of(files_);
  auto identity = net::load_tls_identity(files_);
  if (!identity) return identity.error();
  keys_.serve(identity->context);
  for (const Guarded& each : guarded_)
    each.loop.post([&sockets = each.sockets, context = identity->context] { sockets.use(context); });
  expires_.set(std::chrono::floor<std::chrono::seconds>(identity->expires).time_since_epoch().count());
  const base::log::Fields fields{{"file", files_.certificate}, {"expires", date_of(identity->expires)}};
  if (identity->expires > loop_.wall_now() + expiry_notice) {
    base::log::info("Certificate", fields);
  } else {
    base::log::warn("The certificate expires soon, or has", fields);
  }
  return base::Result<void>();
}

// Files that change are perhaps being written: they are read when they were the same twice.
void TlsDoor::look() {
  timer_ = loop_.after(look_interval, [this] { look(); });
  const std::string now = stamp_of(files_);
  if (std::exchange(seen_, now) == now && now != stamp_) reload();
}

}  // namespace app
