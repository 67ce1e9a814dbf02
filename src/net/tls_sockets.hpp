// TlsSockets: ClientSockets that speak TLS, on top of others that do not; to its owner a socket is as any other.
//
//   owner ◀── plain bytes ── TlsSockets ── SSL ── ciphertext ── the sockets below
//
// A socket reports nothing until its hands are shaken: then readable and writable; or hung up, and it fails. Until then
// a send would block. Whose deadline it is: the owner's, who removes what takes too long.
//
// Bounds: `handshakes_per_turn` steps of handshakes, so that a storm of newcomers shares the loop with who is here.
// Ciphertext that the socket below does not take is kept, for a record that was begun must be sent as it is: of one
// send a record at most (16 KiB), of all `unsent_bytes_max`, beyond which the socket fails. The send that leaves some
// says would_block, perhaps with all bytes taken; on_ready says writable when they have left.
//
// Thread: its loop's; it lives as long as that runs. Not here: certificates (tls_identity.hpp), what is counted.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/client_sockets.hpp"
#include "net/loop.hpp"
#include "net/tls_identity.hpp"
#include "net/tls_wire.hpp"

struct bio_st;
struct ssl_st;

namespace net {

// How a handshake ended. plain: it was an HTTP request, which is told to use https. abandoned: the client left, or the
// owner's deadline passed.
enum class Handshake : std::uint8_t { done, resumed, failed, plain, abandoned };

class TlsSockets final : public ClientSockets, private ClientSockets::Owner, private TlsWire {
 public:
  static constexpr std::size_t handshakes_per_turn = 16;  // each up to a millisecond, where the key is RSA
  static constexpr std::size_t unsent_bytes_max = 64 * 1024;
  using OnHandshake = std::function<void(Handshake)>;

  // Becomes the owner of `below`.
  TlsSockets(Loop& loop, ClientSockets& below, OnHandshake on_handshake);
  ~TlsSockets() override;
  TlsSockets(const TlsSockets&) = delete;

  // For handshakes that begin from now on; before the first of them.
  void use(TlsContext context) { context_ = std::move(context); }

  void set_owner(ClientSockets::Owner& owner) override { owner_ = &owner; }
  int add(Socket socket, std::uint32_t tag) override;
  Transfer receive(int socket, std::span<char> into) override;
  Transfer send(int socket, std::span<const iovec> from) override;
  void shutdown_write(int socket) override;  // says TLS's own goodbye before
  void remove(int socket) override;
  void reset(int socket) override;

 private:
  struct Connection;

  void on_ready(std::uint32_t socket, Ready ready) override;
  void on_turn_end() override;
  Transfer read_wire(std::span<char> into) override;
  Transfer write_wire(std::string_view bytes) override;

  Connection* find(int socket) const;
  ssl_st* ssl(Connection& connection);
  void shake_hands();
  void step(Connection& connection);
  void refuse_plain(Connection& connection);
  void drain(Connection& connection);
  void fail(Connection& connection);
  bool flush(Connection& connection);
  void tell_again(Connection& connection);
  std::string_view next_record(std::span<const iovec>& from, std::size_t& offset);

  Loop& loop_;
  ClientSockets& below_;
  OnHandshake on_handshake_;
  ClientSockets::Owner* owner_ = nullptr;
  TlsContext context_;
  std::shared_ptr<bio_st> bio_;  // shared by all SSLs, which are called one at a time
  Connection* current_ = nullptr;
  std::vector<std::unique_ptr<Connection>> connections_;  // by the number of the socket
  std::deque<int> waiting_;                               // for a step of their handshakes
  std::vector<int> again_;                                // whose owner is to be told once more
  bool shaking_ = false;                                  // posted
  std::string record_;                                    // gathers small pieces
};

}  // namespace net
