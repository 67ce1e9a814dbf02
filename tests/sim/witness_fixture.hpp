// A log, its truth and a witness of one subscription to it; shortcuts to write, and to tell the witness what came.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/witness.hpp"

namespace sim {

class WitnessTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t now = 10'000'000'000;

  void log(LogOptions options = {}, feeds::Form form = feeds::Form::batch) {
    log(options, Witness::Wish{.form = form});
  }
  void log(LogOptions options, Witness::Wish wish) {
    wish.undisturbed = true;
    witness_.reset();
    truth_.reset();
    log_ = std::make_unique<SimLog>(Generation::docker_26, options);
    truth_ = std::make_unique<LogTruth>(*log_, false);
    log_->open();
    witness_ = std::make_unique<Witness>(*truth_, wish, tally_);
  }
  void write(std::int64_t stamp, SimStream stream = SimStream::out) {
    log_->append({stream, stamp, "text " + std::to_string(stamp)});
    EXPECT_EQ(truth_->grow(), "");
  }
  static HeardLine line(std::int64_t stamp, docker::LogStream stream = docker::LogStream::out) {
    return {stamp, stream, "text " + std::to_string(stamp), false};
  }
  static std::string at(docker::Mark out, docker::Mark err = {}) {
    docker::Position position;
    position.marks = {out, err};
    return position.print();
  }
  std::string subscribe(const std::string& position, const std::string& recovered = "") {
    witness_->ask({"i0", now});
    return subscribed(position, recovered);
  }
  std::string subscribed(const std::string& position, const std::string& recovered = "") {
    Heard heard;
    heard.type = "subscribed";
    heard.position = position;
    heard.recovered = recovered;
    return witness_->hear(heard);
  }
  std::string hear(const std::string& position, std::vector<HeardLine> lines) {
    Heard heard;
    heard.type = "logs";
    heard.prev = witness_->position();
    heard.position = position;
    heard.lines = std::move(lines);
    return witness_->hear(heard);
  }
  // In one of the forms without batches.
  std::string hear_one(const std::string& position, const HeardLine& line) {
    Heard heard;
    heard.type = "log";
    heard.position = position;
    heard.lines = {line};
    return witness_->hear(heard);
  }
  std::string gap(const std::string& to) {
    Heard heard;
    heard.type = "gap";
    heard.from = witness_->position();
    heard.to = to;
    heard.reason = "rotated";
    return witness_->hear(heard);
  }
  std::string status(const std::string& state) {
    Heard heard;
    heard.type = "status";
    heard.state = state;
    return witness_->hear(heard);
  }

  std::unique_ptr<SimLog> log_;
  std::unique_ptr<LogTruth> truth_;
  Tally tally_;
  std::unique_ptr<Witness> witness_;
};

}  // namespace sim
