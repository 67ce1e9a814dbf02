// Table: rows by name, and what of them a copy elsewhere lacks. The copy has a revision, which changes with every batch
// that changes something; whoever finds another one there (nothing, or what a failover has left) says that it is lost.
// Pure. Thread: its owner's.
//
//   fresh ──next()──▶ copying ──the last rows──▶ following
//     ▲                  └─────────lost()───────────┘
//
// Bounds: a row is kept once, here; what has changed is kept by name, and only while the copy follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "roster/rows.hpp"

namespace roster {

class Table {
 public:
  void set(const std::string& name, std::string row);
  void erase(const std::string& name);
  // These rows and no others.
  void become(const Rows& rows);
  const Rows& rows() const { return rows_; }

  // The copy has everything, as far as we know.
  bool clean() const { return stage_ == Stage::following && changed_.empty(); }

  struct Batch {
    std::string seen;      // the revision that the copy must have; empty: it begins anew
    std::string revision;  // that it gets
    std::vector<std::string> removed;
    std::vector<std::pair<std::string, std::string>> rows;
  };
  // What is to be written next, taken as written: whoever fails to write it says lost(). Where nothing is to be
  // written, the revision stays.
  Batch next(std::size_t rows_max);
  void lost();

 private:
  enum class Stage : std::uint8_t { fresh, copying, following };

  void change(const std::string& name);
  void copy(Batch& batch, std::size_t rows_max);

  Rows rows_;
  Stage stage_ = Stage::fresh;
  std::string copied_;             // Stage::copying: up to this name
  std::set<std::string> changed_;  // of what was copied
  std::uint64_t revision_ = 0;     // never used twice
};

}  // namespace roster
