-- Gives back a lease that is still ours. Returns 1, or 0 if it is not.
-- KEYS 1 the lease (see take.lua)   ARGV 1 "<holder>|<epoch>.<counter>|"
local value = redis.call('GET', KEYS[1])
if not value or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
