-- Keeps a message and publishes it, once. Returns {its position, 1 where it was there before or else 0}, or nil: what
-- is known of the channel is of another data set (open.lua), and nothing was done.
--
-- KEYS  1 the stream: ids <offset>-0; fields e epoch, t microseconds of Unix time, b body
--       2 what is known of the channel (open.lua)
--       3 this publication: "<position> <call>", where it was kept before
--       4 the bus' channel
-- ARGV  1 body   2 the call, which may ask again   3 for how many ms it is known
--       4 how many messages are kept at least (read.lua shows no more; exact trimming costs a tenth of all this)
--       5, 6 for how many ms the stream and what is known of the channel are kept
local known = redis.call('GET', KEYS[3])
if known then
  local position, call = string.match(known, '^(%S+) (.*)$')
  return {position, (call ~= '' and call == ARGV[2]) and 0 or 1}
end

local channel = redis.call('HMGET', KEYS[2], 'r', 'e', 'o')
local set = channel[1] and 'master_replid:' .. channel[1]
if not set or not string.find(redis.call('INFO', 'replication'), set, 1, true) then
  return false
end

local epoch, offset = channel[2], string.format('%.0f', channel[3] + 1)
local now = redis.call('TIME')
local time = string.format('%s%06d', now[1], now[2])
-- First what may fail, so that nothing is half done.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], offset .. '-0', 'e', epoch, 't', time, 'b', ARGV[1])
redis.call('HSET', KEYS[2], 'o', offset)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('SET', KEYS[3], epoch .. ':' .. offset .. ' ' .. ARGV[2], 'PX', ARGV[3])
redis.call('PUBLISH', KEYS[4], 'm1 ' .. epoch .. ' ' .. offset .. ' ' .. time .. '\n' .. ARGV[1])
return {epoch .. ':' .. offset, 0}
