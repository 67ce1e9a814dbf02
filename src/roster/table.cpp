#include "roster/table.hpp"

namespace roster {

void Table::set(const std::string& name, std::string row) {
  const auto [place, fresh] = rows_.try_emplace(name);
  if (!fresh && place->second == row) return;
  place->second = std::move(row);
  note(name, place->second);
}

void Table::erase(const std::string& name) {
  if (rows_.erase(name) > 0) note(name, std::nullopt);
}

void Table::become(const Rows& rows) {
  for (auto each = rows_.begin(); each != rows_.end();) {
    if (rows.contains(each->first)) {
      ++each;
      continue;
    }
    note(each->first, std::nullopt);
    each = rows_.erase(each);
  }
  for (const auto& [name, row] : rows) set(name, row);
}

void Table::refill() {
  for (const auto& [name, row] : rows_) note(name, row);
}

}  // namespace roster
