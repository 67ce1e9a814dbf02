-- Takes a lease if nobody holds it, if we do, or if it still holds what the caller has seen for too long.
-- Returns {fence epoch or nil, fence counter, the lease's value afterwards}.
--
-- KEYS  1 the lease: "<holder>|<epoch>.<counter>|<beat>", with a TTL. The beat counts renewals.
--       2 its fence: the last one granted, "<epoch>.<counter>". It outlives the lease by a week.
-- ARGV  1 holder, without "|"   2 TTL in ms   3 epoch to open if there is no fence (of a new data set)
--       4, 5 epoch and counter that the new fence must exceed   6 the value that was seen, or ""
local lease, fence = KEYS[1], KEYS[2]
local holder, ttl, seen = ARGV[1], ARGV[2], ARGV[6]

local value = redis.call('GET', lease)
local ours = value and string.sub(value, 1, #holder + 1) == holder .. '|'
if value and not ours and value ~= seen then
  return {false, 0, value}
end

-- Numbers stay below 2^53; '%.0f' prints them without an exponent.
local epoch, counter = string.match(redis.call('GET', fence) or '', '^(%d+)%.(%d+)$')
epoch, counter = tonumber(epoch or ARGV[3]), tonumber(counter or 0)
local above_epoch, above_counter = tonumber(ARGV[4]), tonumber(ARGV[5])
if above_epoch > epoch or (above_epoch == epoch and above_counter > counter) then
  epoch, counter = above_epoch, above_counter
end
counter = counter + 1

local granted = string.format('%.0f.%.0f', epoch, counter)
value = holder .. '|' .. granted .. '|0'
redis.call('SET', fence, granted, 'PX', 7 * 24 * 3600 * 1000)
redis.call('SET', lease, value, 'PX', ttl)
return {string.format('%.0f', epoch), string.format('%.0f', counter), value}
