-- Tells that a connection is there, in one step, so that none stays without a TTL.
--
-- KEYS  1 the hash of the connection
-- ARGV  1 TTL in ms   2 the instance's label   3 the channel   4 since when, in Unix seconds
redis.call('HSET', KEYS[1], 'instance_id', ARGV[2], 'channel', ARGV[3], 'connected_at', ARGV[4])
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
