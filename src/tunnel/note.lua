-- Notes that an Engine is there, and forgets those that were not noted for a while.
--
-- KEYS  1 the registry: a sorted set of Engines' ids by the time, in ms of Redis' clock, when they were noted last;
--         under the empty name since when it is kept without a break
-- ARGV  1 the Engine's id   2 for how long it is kept, in ms   3 how many are kept   4 how long a break is, in ms
local registry, engine, kept, most, silence = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local begun = redis.call('ZSCORE', registry, '')
local newest = redis.call('ZRANGE', registry, -1, -1, 'WITHSCORES')[2]
if not begun or tonumber(newest) < now - silence then
  begun = now
end
redis.call('ZREM', registry, '')
redis.call('ZREMRANGEBYSCORE', registry, '-inf', now - kept)
redis.call('ZADD', registry, now, engine)
redis.call('ZREMRANGEBYRANK', registry, 0, -1 - most)
redis.call('ZADD', registry, begun, '')
return redis.call('PEXPIRE', registry, kept)
