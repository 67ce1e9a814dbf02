-- What there is of a channel, and some of its messages, oldest first. Returns {position of the last one, the epochs
-- that are over (open.lua), offset of the oldest one that is shown, then of each message position, time and body}, or
-- nil: what is known of the channel is of another data set.
--
-- KEYS  1 the stream (publish.lua)   2 the channel (open.lua)
-- ARGV  1 'after' or 'before'   2 this offset   3 at most so many messages   4 and no more behind so many bytes of body
--       5 how many are kept   6 for how many microseconds they are shown   7 ms for which the channel is remembered
local stream = KEYS[1]
local channel = redis.call('HMGET', KEYS[2], 'r', 'e', 'o', 'p')
local set = channel[1] and 'master_replid:' .. channel[1]
if not set or not string.find(redis.call('INFO', 'replication'), set, 1, true) then
  return false
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])

local function id(offset) return string.format('%.0f', offset) end
local function offset_of(entry) return tonumber(string.match(entry[1], '^%d+')) end
local function at(offset) return redis.call('XRANGE', stream, id(offset), '+', 'COUNT', 1)[1] end
local now = redis.call('TIME')
local since = now[1] * 1000000 + now[2] - ARGV[6]
local function is_old(entry) return tonumber(entry[2][4]) < since end

-- The oldest one that is shown: by count, then by age, halving what lies between one too old and one that is not.
local top = tonumber(channel[3])
local oldest, first = top + 1, at(math.max(0, top + 1 - ARGV[5]))
if first then
  oldest = offset_of(first)
  if is_old(first) then
    local old = oldest
    oldest = top + 1
    while oldest - old > 1 do
      local middle = math.floor((old + oldest) / 2)
      local entry = at(middle)
      if entry and is_old(entry) then
        old = middle
      else
        oldest = middle
      end
    end
  end
end

-- Few at a time: bodies may be large, and those beyond the bound are not to be looked at.
local ahead = ARGV[1] == 'after'
local step = ahead and 1 or -1
local offset = ahead and math.max(ARGV[2] + 1, oldest) or math.min(ARGV[2] - 1, top)
local messages, bytes_max, found, bytes = tonumber(ARGV[3]), tonumber(ARGV[4]), {}, 0
while offset >= oldest and offset <= top and #found < messages and bytes < bytes_max do
  local count = math.min(16, messages - #found)
  local part = ahead and redis.call('XRANGE', stream, id(offset), '+', 'COUNT', count) or
    redis.call('XREVRANGE', stream, id(offset), id(oldest), 'COUNT', count)
  if #part == 0 then
    break
  end
  for _, entry in ipairs(part) do
    if bytes < bytes_max then
      found[#found + 1] = entry
      bytes = bytes + #entry[2][6]
      offset = offset_of(entry) + step
    end
  end
end

local answer = {channel[2] .. ':' .. channel[3], channel[4], id(oldest)}
for i = ahead and 1 or #found, ahead and #found or 1, step do
  local fields = found[i][2]
  answer[#answer + 1] = fields[2] .. ':' .. string.match(found[i][1], '^%d+')
  answer[#answer + 1] = fields[4]
  answer[#answer + 1] = fields[6]
end
return answer
