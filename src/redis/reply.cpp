#include "redis/reply.hpp"

#include <hiredis/read.h>

#include "base/check.hpp"

namespace redis {
namespace {

constexpr int items_max = 100'000;

// Where hiredis wants the next object: a new root, or its place in the array around it. nullptr makes hiredis give up.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;  // owned by the reader until next() takes it
  auto& items = static_cast<Reply*>(task->parent->obj)->items;
  const auto index = static_cast<std::size_t>(task->idx);
  return index < items.size() ? &items[index] : nullptr;
}

void* on_string(const redisReadTask* task, char* text, std::size_t size) {
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                   : Reply::Kind::text;
  reply->text.assign(text, size);
  return reply;
}

void* on_array(const redisReadTask* task, int count) {
  if (count < 0 || count > items_max) return nullptr;
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = Reply::Kind::array;
  reply->items.resize(static_cast<std::size_t>(count));
  return reply;
}

void* on_integer(const redisReadTask* task, long long value) {
  Reply* reply = place(task);
  if (reply == nullptr) return nullptr;
  reply->kind = Reply::Kind::integer;
  reply->integer = value;
  return reply;
}

void* on_nil(const redisReadTask* task) { return place(task); }

void on_free(void* reply) { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions functions = {on_string, on_array, on_integer, on_nil, on_free};

base::Error malformed(const redisReader& reader) {
  return base::Error{base::Fault::protocol, std::string("Redis sent what is not RESP: ") + reader.errstr};
}

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(std::size_t bytes_max)
    : reader_(redisReaderCreateWithFunctions(&functions)), bytes_max_(bytes_max) {
  CHECK(reader_);
}

base::Result<void> ReplyReader::feed(std::string_view bytes) {
  if (reader_->len - reader_->pos + bytes.size() > bytes_max_) {
    return base::Error{base::Fault::too_large, "A reply of Redis is over " + std::to_string(bytes_max_) + " bytes"};
  }
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return malformed(*reader_);
  return {};
}

base::Result<std::optional<Reply>> ReplyReader::next() {
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) return malformed(*reader_);
  if (object == nullptr) return std::optional<Reply>();
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(object));
  return std::optional<Reply>(std::move(*reply));
}

void append_command(std::string& out, std::span<const std::string_view> parts) {
  const auto append_size = [&out](char sign, std::size_t size) {
    out += sign;
    out += std::to_string(size);
    out += "\r\n";
  };
  append_size('*', parts.size());
  for (const std::string_view part : parts) {
    append_size('$', part.size());
    out += part;
    out += "\r\n";
  }
}

}  // namespace redis
