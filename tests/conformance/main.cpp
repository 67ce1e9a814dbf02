// ws_echo: what our rooms `ws` and `http` make of a connection, for conformance suites to be pointed at.
//
//   ws_echo --port N       127.0.0.1; the port is printed, 0 takes a free one
//
// A WebSocket gets its text and binary messages back, deflated where permessage-deflate was agreed on, and every ping
// its pong. Any other request, whatever its method and path, is answered with 200 and its body. Limits are generous: a
// message or a body may have 64 MiB. One loop, one coroutine per connection; ends with SIGTERM or SIGINT.
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>

#include "http/request_reader.hpp"
#include "http/response.hpp"
#include "net/asio_network.hpp"
#include "net/stop_signals.hpp"
#include "net/task.hpp"
#include "ws/decoder.hpp"
#include "ws/deflate.hpp"
#include "ws/frame.hpp"
#include "ws/handshake.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t message_bytes_max = 64 * 1024 * 1024;
constexpr std::uint32_t fragments_max = 1'000'000;
constexpr std::size_t read_bytes = 64 * 1024;
constexpr net::Duration parting = 1s;  // for the peer's end, after ours

class Echo {
 public:
  explicit Echo(net::AsioNetwork& network) : network_(network) {}

  void serve(net::Accepted accepted) { connections_.start(talk(network_.adopt(std::move(accepted.socket)))); }

 private:
  using Stream = std::unique_ptr<net::Stream>;

  net::Task<void> talk(Stream stream) {
    http::RequestReader reader(
        {.head_bytes_max = 64 * 1024, .target_bytes_max = 32 * 1024, .body_bytes_max = message_bytes_max});
    std::string buffer(read_bytes, '\0');
    for (;;) {
      const auto count = co_await stream->read_some(buffer);
      if (!count || *count == 0) co_return;
      std::string_view bytes(buffer.data(), *count);
      while (!bytes.empty()) {
        const auto progress = reader.feed(bytes);
        if (reader.take_continue() && !co_await stream->write("HTTP/1.1 100 Continue\r\n\r\n")) co_return;
        if (progress == http::RequestReader::Progress::more) break;
        if (progress == http::RequestReader::Progress::refused) {
          co_await part(*stream, http::serialize(http::problem(reader.refusal(), "-"), {}));
          co_return;
        }
        const http::Request request = reader.take();
        if (ws::wants_upgrade(request)) {
          co_await upgrade(*stream, request, std::string(bytes));
          co_return;
        }
        http::Response response{200, {{"Content-Type", "application/octet-stream"}}, request.body};
        const auto form = http::AnswerForm::of(request);
        if (!form.keep_alive) {
          co_await part(*stream, http::serialize(response, form));
          co_return;
        }
        if (!co_await stream->write(http::serialize(response, form))) co_return;
      }
    }
  }

  net::Task<void> upgrade(net::Stream& stream, const http::Request& request, std::string rest) {
    const auto upgrade = ws::check_upgrade(request, {}, true);
    if (!upgrade) {
      co_await part(stream, http::serialize(http::problem(upgrade.error(), "-"), {}));
      co_return;
    }
    if (!co_await stream.write(ws::upgrade_response(*upgrade))) co_return;
    const int window_bits = upgrade->deflate ? upgrade->deflate->window_bits : 0;
    const ws::Rules rules{message_bytes_max, fragments_max, true, upgrade->deflate ? &inflater_ : nullptr};
    ws::Decoder decoder;
    std::string buffer(read_bytes, '\0'), out;
    for (std::span<char> bytes = rest;;) {
      out.clear();
      const bool ended = !answer(decoder, bytes, rules, window_bits, out);
      if (ended) {
        co_await part(stream, std::move(out));
        co_return;
      }
      if (!out.empty() && !co_await stream.write(out)) co_return;
      const auto count = co_await stream.read_some(buffer);
      if (!count || *count == 0) co_return;
      bytes = std::span(buffer).first(*count);
    }
  }

  // False: the last thing was said.
  bool answer(ws::Decoder& decoder, std::span<char> bytes, const ws::Rules& rules, int window_bits, std::string& out) {
    for (;;) {
      const ws::Event event = decoder.next(bytes, rules);
      switch (event.kind) {
        case ws::Event::Kind::none:
          return true;
        case ws::Event::Kind::text:
          echo(ws::Opcode::text, event.text, window_bits, out);
          break;
        case ws::Event::Kind::binary:
          echo(ws::Opcode::binary, event.text, window_bits, out);
          break;
        case ws::Event::Kind::ping:
          ws::append_frame(out, ws::Opcode::pong, event.text);
          break;
        case ws::Event::Kind::pong:
          break;
        case ws::Event::Kind::close:
          ws::append_close_frame(out, event.code == 1005 ? 0 : event.code, event.code == 1005 ? "" : event.text);
          return false;
        case ws::Event::Kind::fault:
          ws::append_close_frame(out, event.code, event.text);
          return false;
      }
    }
  }

  void echo(ws::Opcode opcode, std::string_view text, int window_bits, std::string& out) {
    if (window_bits < 9) return ws::append_frame(out, opcode, text);
    auto& deflater = deflaters_[static_cast<std::size_t>(window_bits)];
    if (!deflater) deflater = std::make_unique<ws::Deflater>(window_bits);
    deflated_.clear();
    deflater->deflate(deflated_, text);
    ws::append_deflated_frame(out, opcode, deflated_);
  }

  // Says the last thing and waits for the peer's end, so that what it sent meanwhile does not make the kernel reset the
  // connection before our last words were read.
  net::Task<void> part(net::Stream& stream, std::string last) {
    if (!co_await stream.write(last)) co_return;
    stream.shutdown_write();
    const net::Timer timer = network_.loop().after(parting, [&stream] { stream.close(); });
    std::array<char, 4096> thrown_away;
    for (;;) {
      const auto count = co_await stream.read_some(thrown_away);
      if (!count || *count == 0) co_return;
    }
  }

  net::AsioNetwork& network_;
  ws::Inflater inflater_;
  std::array<std::unique_ptr<ws::Deflater>, 16> deflaters_;  // by window bits
  std::string deflated_;
  net::Jobs connections_;
};

int port_of(int count, char** arguments) {
  const std::string_view value = count == 3 && std::string_view(arguments[1]) == "--port" ? arguments[2] : "";
  int port = -1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
  const bool good = error == std::errc() && end == value.data() + value.size() && port >= 0 && port <= 65535;
  return good ? port : -1;
}

}  // namespace

int main(int count, char** arguments) {
  const int port = port_of(count, arguments);
  if (port < 0) {
    std::fputs("usage: ws_echo --port N, where N is 0 (a free port) to 65535\n", stderr);
    return 2;
  }
  net::AsioLoop loop;
  net::AsioNetwork network(loop);
  Echo echo(network);
  const auto listener = network.listen({{}, "127.0.0.1", static_cast<std::uint16_t>(port)},
                                       [&echo](net::Accepted accepted) { echo.serve(std::move(accepted)); });
  if (!listener) {
    std::fprintf(stderr, "ws_echo: cannot listen on 127.0.0.1:%d: %s\n", port, listener.error().message.c_str());
    return 1;
  }
  const auto signals = net::on_signals(loop, [&loop](int) { loop.stop(); });
  std::printf("ws_echo listens on 127.0.0.1:%d\n", (*listener)->port());
  std::fflush(stdout);
  loop.run();
}
