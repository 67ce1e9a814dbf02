// Table: a journal that has its rows at hand. Pure. Thread: its owner's. Bounds: a row is kept once, and a second time
// until it is written.
#pragma once

#include <string>

#include "roster/journal.hpp"
#include "roster/rows.hpp"

namespace roster {

class Table final : public Journal {
 public:
  void set(const std::string& name, std::string row);
  void erase(const std::string& name);
  // These rows and no others.
  void become(const Rows& rows);
  const Rows& rows() const { return rows_; }

 private:
  void refill() override;

  Rows rows_;
};

}  // namespace roster
