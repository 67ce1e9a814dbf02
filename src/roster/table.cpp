#include "roster/table.hpp"

namespace roster {

void Table::set(const std::string& name, std::string row) {
  const auto [place, fresh] = rows_.try_emplace(name);
  if (!fresh && place->second == row) return;
  place->second = std::move(row);
  change(name);
}

void Table::erase(const std::string& name) {
  if (rows_.erase(name) > 0) change(name);
}

void Table::become(const Rows& rows) {
  for (auto each = rows_.begin(); each != rows_.end();) {
    if (rows.contains(each->first)) {
      ++each;
      continue;
    }
    change(each->first);
    each = rows_.erase(each);
  }
  for (const auto& [name, row] : rows) set(name, row);
}

void Table::change(const std::string& name) {
  switch (stage_) {
    case Stage::fresh:
      return;
    case Stage::copying:
      if (name > copied_) return;
      break;
    case Stage::following:
      break;
  }
  changed_.insert(name);
}

Table::Batch Table::next(std::size_t rows_max) {
  Batch batch;
  if (stage_ == Stage::fresh) {
    copied_.clear();
  } else {
    batch.seen = std::to_string(revision_);
  }
  if (stage_ != Stage::following) {
    copy(batch, rows_max);
  } else {
    while (!changed_.empty() && batch.rows.size() + batch.removed.size() < rows_max) {
      std::string name = std::move(changed_.extract(changed_.begin()).value());
      const auto row = rows_.find(name);
      if (row == rows_.end()) {
        batch.removed.push_back(std::move(name));
      } else {
        batch.rows.emplace_back(std::move(name), row->second);
      }
    }
  }
  if (batch.seen.empty() || !batch.rows.empty() || !batch.removed.empty()) ++revision_;
  batch.revision = std::to_string(revision_);
  return batch;
}

void Table::copy(Batch& batch, std::size_t rows_max) {
  auto row = rows_.upper_bound(copied_);
  for (; row != rows_.end() && batch.rows.size() < rows_max; ++row) batch.rows.emplace_back(row->first, row->second);
  stage_ = row == rows_.end() ? Stage::following : Stage::copying;
  if (!batch.rows.empty()) copied_ = batch.rows.back().first;
}

void Table::lost() {
  stage_ = Stage::fresh;
  changed_.clear();
}

}  // namespace roster
