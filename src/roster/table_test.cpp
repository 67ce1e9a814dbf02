#include "roster/table.hpp"

#include <gmock/gmock.h>

#include <random>

namespace roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// What write.lua does.
struct Copy {
  bool write(const Table::Batch& batch) {
    if (batch.seen.empty()) {
      rows.clear();
    } else if (batch.seen != revision) {
      return false;
    }
    EXPECT_EQ(batch.seen == batch.revision, batch.rows.empty() && batch.removed.empty() && !batch.seen.empty());
    revision = batch.revision;
    for (const std::string& name : batch.removed) rows.erase(name);
    for (const auto& [name, row] : batch.rows) rows[name] = row;
    return true;
  }
  Rows rows;
  std::string revision;
};

void write_all(Table& table, Copy& copy, std::size_t rows_max = 3) {
  while (!table.clean())
    if (!copy.write(table.next(rows_max))) table.lost();
}

TEST(Table, BeginsWithEverythingInBatches) {
  Table table;
  for (const char* name : {"a", "b", "c", "d"}) table.set(name, "1");
  EXPECT_FALSE(table.clean());
  const Table::Batch first = table.next(3), second = table.next(3);
  EXPECT_EQ(first.seen, "");
  EXPECT_THAT(first.rows, ElementsAre(Pair("a", "1"), Pair("b", "1"), Pair("c", "1")));
  EXPECT_EQ(second.seen, first.revision);
  EXPECT_THAT(second.rows, ElementsAre(Pair("d", "1")));
  EXPECT_TRUE(table.clean());
}

TEST(Table, GoesOnWithWhatChangedOnly) {
  Table table;
  Copy copy;
  table.become({{"a", "1"}, {"b", "1"}, {"c", "1"}});
  write_all(table, copy);
  table.become({{"a", "1"}, {"b", "2"}, {"d", "1"}});
  const Table::Batch batch = table.next(10);
  EXPECT_THAT(batch.rows, ElementsAre(Pair("b", "2"), Pair("d", "1")));
  EXPECT_THAT(batch.removed, ElementsAre("c"));
  EXPECT_NE(batch.revision, batch.seen);
}

TEST(Table, WhereNothingChangedTheRevisionStays) {
  Table table;
  Copy copy;
  table.set("a", "1");
  write_all(table, copy);
  table.set("a", "1");
  table.erase("never");
  EXPECT_TRUE(table.clean());
  const Table::Batch batch = table.next(10);
  EXPECT_EQ(batch.seen, batch.revision);
  EXPECT_THAT(batch.rows, IsEmpty());
}

TEST(Table, AnEmptyOneIsWrittenToo) {
  Table table;
  EXPECT_FALSE(table.clean());
  const Table::Batch batch = table.next(10);
  EXPECT_EQ(batch.seen, "");
  EXPECT_NE(batch.revision, "");
  EXPECT_TRUE(table.clean());
}

TEST(Table, ACopyThatFellBackIsNoticedAndWrittenAnew) {
  Table table;
  Copy copy;
  table.set("a", "1");
  write_all(table, copy);
  const Copy earlier = copy;
  table.become({{"b", "1"}});
  write_all(table, copy);
  copy = earlier;
  EXPECT_FALSE(copy.write(table.next(3))) << "though nothing changed since";
  table.lost();
  write_all(table, copy);
  EXPECT_EQ(copy.rows, table.rows());
}

// Changes and losses at any moment: what was written in the end is what there is.
TEST(Table, TheCopyIsRightInTheEndWhateverHappensOnTheWay) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](unsigned limit) { return random() % limit; };
    Table table;
    Copy copy, remembered;
    for (int step = 0; step < 200; ++step) {
      const std::string name(1, static_cast<char>('a' + below(12)));
      switch (below(8)) {
        case 0:
        case 1:
          table.set(name, std::to_string(below(3)));
          break;
        case 2:
          table.erase(name);
          break;
        case 3:
          table.become({{name, "x"}, {"a", "y"}, {"z", "z"}});
          break;
        case 4:
          remembered = copy;
          break;
        case 5:
          if (below(5) == 0) copy = below(2) == 0 ? remembered : Copy();
          break;
        case 6:
          if (below(5) == 0) table.next(2), table.lost();  // it was never written
          break;
        default:
          if (!copy.write(table.next(2))) table.lost();
      }
    }
    if (!copy.write(table.next(2))) table.lost();
    write_all(table, copy);
    ASSERT_EQ(copy.rows, table.rows()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace roster
