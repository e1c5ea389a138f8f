-- Sends the requests of a file, one at a time: wrk … -s wrk.lua URL -- FILE SIZE
-- Each is a whole HTTP request of SIZE bytes, prepared in advance, because the load shares the machine.
local requests, position = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local size = tonumber(args[2])
  for text in function() return file:read(size) end do requests[#requests + 1] = text end
  file:close()
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
