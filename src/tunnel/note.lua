-- Notes that an Engine is there, and forgets those that were not noted for a while.
--
-- KEYS  1 the registry: a sorted set of Engines' ids by the time, in ms of Redis' clock, when they were noted last;
--         under the empty name since when it is kept
-- ARGV  1 the Engine's id   2 for how long it is kept, in ms   3 how many are kept
local registry, engine, kept, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local begun = redis.call('ZSCORE', registry, '') or now
redis.call('ZREM', registry, '')
redis.call('ZREMRANGEBYSCORE', registry, '-inf', now - kept)
redis.call('ZADD', registry, now, engine)
redis.call('ZREMRANGEBYRANK', registry, 0, -1 - most)
redis.call('ZADD', registry, begun, '')
return redis.call('PEXPIRE', registry, kept)
