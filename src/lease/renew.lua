-- Prolongs a lease that is still ours. Returns 1, or 0 if it is not.
-- KEYS 1 the lease (see take.lua)   ARGV 1 "<holder>|<epoch>.<counter>|"   2 TTL in ms
local value = redis.call('GET', KEYS[1])
local ours = ARGV[1]
if not value or string.sub(value, 1, #ours) ~= ours then
  return 0
end
local beat = (tonumber(string.sub(value, #ours + 1)) or 0) + 1
redis.call('SET', KEYS[1], ours .. string.format('%.0f', beat), 'PX', ARGV[2])
return 1
