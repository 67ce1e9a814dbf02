#include "ws/extension.hpp"

#include <gtest/gtest.h>

namespace ws {
namespace {

std::string answer(std::initializer_list<std::string_view> lines) {
  http::Headers headers;
  for (const std::string_view line : lines) headers.add("Sec-WebSocket-Extensions", line);
  const auto terms = agree_on_deflate(headers);
  return terms ? terms->answer : "none";
}
std::string answer(std::string_view line) { return answer({line}); }

const std::string plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

TEST(Extension, NothingIsAgreedOnWhereNothingWeKnowIsOffered) {
  EXPECT_EQ(answer(std::initializer_list<std::string_view>{}), "none");
  EXPECT_EQ(answer(""), "none");
  EXPECT_EQ(answer("x-webkit-deflate-frame, permessage-bzip2"), "none");
  EXPECT_EQ(answer("Permessage-deflate"), "none");
}

TEST(Extension, DeflateIsAlwaysWithoutContextTakeover) {
  EXPECT_EQ(answer("permessage-deflate"), plain);
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), plain);
  EXPECT_EQ(answer("permessage-deflate;client_max_window_bits=10 ; client_no_context_takeover"), plain);
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover"), plain);
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=\"15\""), plain);
}

TEST(Extension, TheWindowThatAClientCanKeepIsConfirmed) {
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=10"), plain + "; server_max_window_bits=10");
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=8"), plain + "; server_max_window_bits=8");
  http::Headers headers{{"Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=12"}};
  EXPECT_EQ(agree_on_deflate(headers)->window_bits, 12);
}

TEST(Extension, AnOfferThatCannotBeKeptIsPassedOver) {
  for (const std::string_view bad :
       {"permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_max_window_bits=+9", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate; client_max_window_bits=1000000000000000",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; mux",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", "permessage-deflate;",
        "permessage-deflate; =1", "permessage-deflate; client_no_context_takeover; client_no_context_takeover"}) {
    EXPECT_EQ(answer(bad), "none") << bad;
    EXPECT_EQ(answer({bad, "permessage-deflate"}), plain) << bad;
    EXPECT_EQ(answer(std::string(bad) + ", permessage-deflate; server_max_window_bits=11"),
              plain + "; server_max_window_bits=11");
  }
}

}  // namespace
}  // namespace ws
