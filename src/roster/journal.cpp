#include "roster/journal.hpp"

namespace roster {

void Journal::note(const std::string& name, std::optional<std::string> row) {
  if (stage_ != Stage::idle) changed_.insert_or_assign(name, std::move(row));
}

Journal::Batch Journal::next(std::size_t rows_max) {
  if (stage_ == Stage::idle) {
    stage_ = Stage::beginning;
    refill();
  }
  Batch batch;
  if (stage_ == Stage::following) batch.seen = std::to_string(revision_);
  stage_ = Stage::following;
  while (!changed_.empty() && batch.rows.size() + batch.removed.size() < rows_max) {
    auto change = changed_.extract(changed_.begin());
    if (change.mapped()) {
      batch.rows.emplace_back(std::move(change.key()), std::move(*change.mapped()));
    } else {
      batch.removed.push_back(std::move(change.key()));
    }
  }
  if (batch.seen.empty() || !batch.rows.empty() || !batch.removed.empty()) ++revision_;
  batch.revision = std::to_string(revision_);
  return batch;
}

void Journal::lost() {
  stage_ = Stage::idle;
  changed_.clear();
}

}  // namespace roster
