// LogDownload: a stretch of one container's log for one HTTP request, from the Engine to the socket piece by piece.
//
// At most `window` pieces are on their way to the socket; the next one is read when one has left. A place among the
// readers of the Engine is held only while the Engine is being read, so that a slow socket keeps nobody waiting; what
// it does hold is its open read, and LogFeeds bounds how many of these there are. An Engine that fails midway ends the
// download with the error: whoever told it must cut the answer.
//
// Owner and thread: LogFeeds, control loop; destroying it ends it. Bounds: `window` pieces of 32 KiB, or of one line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "docker/client.hpp"
#include "feeds/follow.hpp"
#include "net/gate.hpp"
#include "net/signal.hpp"

namespace feeds {

// Told to the asker, on its serving loop, in order.
class Downloads {
 public:
  virtual ~Downloads() = default;
  // The log can be read: its pieces follow.
  virtual void on_download_begun(const hub::FollowerName& asker) = 0;
  // Never empty. Each is answered through on_drained once it has left.
  virtual void on_download_piece(const hub::FollowerName& asker, std::string_view piece) = 0;
  // The last word. With an error: before `begun` a refusal, behind it the log was cut off.
  virtual void on_download_ended(const hub::FollowerName& asker, const std::optional<base::Error>& error) = 0;
};

// What is asked for.
struct Download {
  enum class Form : std::uint8_t {
    text,     // as `docker logs` prints it
    stamped,  // as `docker logs --timestamps` does
    json,     // a JSON object a line
  };
  hub::Follower asker = {};
  Downloads* told = nullptr;
  Form form = Form::text;
  bool nothing = false;  // only whether it can be read
  bool out = true, err = true;
  Start start = {};
  std::optional<docker::Position> until = {};  // inclusive: nothing behind it
  std::optional<std::int64_t> until_ns = {};   // inclusive, as Docker understands it
  docker::Container container = {};            // as inspect tells it
};

// Where the pieces come from: the Engine's own words, or lines.
class DownloadSource {
 public:
  virtual ~DownloadSource() = default;
  // As docker::HistoryRead::start().
  virtual net::Task<base::Result<void>> begin() = 0;
  // Empty at the end.
  virtual net::Task<base::Result<std::string>> next() = 0;
};
std::unique_ptr<DownloadSource> make_download_source(docker::Client& engine, net::Loop& loop, const Download& asked,
                                                     const docker::Position& log);

class LogDownload {
 public:
  struct Shared {
    net::Loop& loop;
    docker::Client& engine;
    hub::Hub& hub;
    net::Gate& open;   // downloads of this instance at once
    net::Gate& reads;  // history reads of this Engine at once
  };
  // `log`: the container's log at its beginning. `done` is called, from the loop, behind the last word.
  LogDownload(Shared shared, Download asked, const docker::Position& log, net::Callback done);

  void on_drained();

 private:
  net::Task<void> run(docker::Position log);
  net::Task<std::optional<base::Error>> serve(docker::Position log);
  template <class Call>
  void tell(Call call);

  Shared shared_;
  const Download asked_;
  net::Callback done_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::size_t on_their_way_ = 0;
  net::Signal drained_;
  net::Job job_;
};

}  // namespace feeds
