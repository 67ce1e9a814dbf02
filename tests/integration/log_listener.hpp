// LogListener: keeps what a LogReader delivers, and holds it against what `docker logs` prints: per stream the same
// bytes, in order, once; what is missing lies in a gap.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "docker/log_reader.hpp"

namespace integration {

class LogListener final : public docker::LogSink {
 public:
  struct Piece {
    bool gap = false;
    docker::LogStream stream = docker::LogStream::out;
    std::string text;  // a line, without its newline
  };

  void on_lines(docker::LogBatch& batch) override;
  void on_gap(const docker::Gap& gap) override;
  void on_state(docker::LogEvent event) override { states.push_back(event); }

  // The stream's lines, each with a newline.
  std::string text(docker::LogStream stream) const;
  int count(docker::LogEvent event) const;
  std::size_t lines() const;
  std::string states_text() const;

  // For lines that begin with the stream's own numbers, 0 1 2 …: in order and once, every jump covered by a gap, up to
  // the end or a gap there. Says what is wrong.
  std::string judge_numbers(docker::LogStream stream, int end) const;

  std::vector<Piece> pieces;
  std::vector<docker::LogEvent> states;
  docker::Position position;  // behind what came last
  bool chained = true;        // every batch began where the one before had ended
  int gaps = 0;

 private:
  bool partial_ = false;  // the last line goes on
};

// What `docker logs` prints for the container, one stream of it.
std::string docker_logs(const std::string& socket, const std::string& id, docker::LogStream stream,
                        const std::string& options = "");

}  // namespace integration
