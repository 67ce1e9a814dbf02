-- Tells that an instance lives, and forgets those that have not told so for a TTL.
-- Returns {id, time, id, time, ...} of others with the same label: an id is a label, "-" and 16 digits.
--
-- KEYS  1 the instances: a sorted set of ids by the time, in ms of Redis' clock, when they last appeared
-- ARGV  1 id   2 TTL in ms
local instances, id, ttl = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', instances, now, id)
redis.call('ZREMRANGEBYSCORE', instances, '-inf', now - ttl)
redis.call('PEXPIRE', instances, ttl)

local namesakes = {}
local label = string.sub(id, 1, -17)
local all = redis.call('ZRANGE', instances, 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  local other = all[i]
  if other ~= id and #other == #id and string.sub(other, 1, #label) == label and #namesakes < 20 then
    table.insert(namesakes, other)
    table.insert(namesakes, all[i + 1])
  end
end
return namesakes
