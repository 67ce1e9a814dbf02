-- Opens an epoch where this data set is not the one that wrote what is known of the channel: another one (a restart, a
-- promotion) may lack what was published there. Redis says which it is by its replication id, which a restarted process
-- and a promoted replica draw anew; it is asked in here, so that no connection can be older than the answer.
--
-- KEYS  1 the stream (publish.lua)
--       2 the channel: r replication id, e epoch, o offset of the last message, p epochs that are over, newest first,
--         and the last offset of each that is here: "<epoch>:<offset> …"
-- ARGV  1 the epoch, should there be need of one   2 ms for which the channel is remembered   3 how many are kept in p
local set = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
if not set then
  return redis.error_reply('ERR INFO does not say master_replid')
end
local was = redis.call('HMGET', KEYS[2], 'r', 'e', 'o', 'p')
if was[1] == set then
  return 0
end
local past, offset = {}, was[3]
if offset then
  past[1] = was[2] .. ':' .. offset
  for each in string.gmatch(was[4], '%S+') do
    if #past < tonumber(ARGV[3]) then
      past[#past + 1] = each
    end
  end
else
  redis.call('DEL', KEYS[1])  -- without the channel nobody knows of which epoch its messages are
end
redis.call('HSET', KEYS[2], 'r', set, 'e', ARGV[1], 'o', offset or 0, 'p', table.concat(past, ' '))
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
