-- Changes rows of a hash, if it is still as its writer left it, and lets it live for another while.
-- Returns 1, or 0 where it is another one or gone: then nothing was changed, and it is to be written anew.
--
-- KEYS  1 the hash: a row by its name; under the empty name its revision, which the writer counts
-- ARGV  1 TTL in ms   2 the revision it must have, or "" to begin anew   3 the revision it gets
--       4 how many rows go, then their names; then names and rows that come or change
local hash, seen, revision = KEYS[1], ARGV[2], ARGV[3]
if seen == '' then
  redis.call('DEL', hash)
elseif redis.call('HGET', hash, '') ~= seen then
  return 0
end

-- A hash that only lives on needs no memory: a Redis that is full allows that.
if revision ~= seen then
  redis.call('HSET', hash, '', revision)
end
local rows = 5 + ARGV[4]
for i = 5, rows - 1 do
  redis.call('HDEL', hash, ARGV[i])
end
for i = rows, #ARGV, 2 do
  redis.call('HSET', hash, ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', hash, ARGV[1])
return 1
