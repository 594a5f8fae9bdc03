-- SPDX-License-Identifier: Apache-2.0
-- One POST / over and over, with the next of the given bodies each time.
--   wrk -s wrk.lua URL -- OPERATION FILE_WITH_ONE_BODY_PER_LINE [API_KEY]
-- The last line printed is JSON.

local bodies, at, head = {}, 0, {}

function init(args)
	head["Content-Type"] = "application/x-amz-json-1.1"
	head["X-Amz-Target"] = "TrentService." .. args[1]
	head["X-Api-Key"] = args[3]
	for line in io.lines(args[2]) do
		bodies[#bodies + 1] = line
	end
end

function request()
	at = at % #bodies + 1
	return wrk.format("POST", "/", head, bodies[at])
end

function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
		'{"requests": %d, "seconds": %.6f, "p50_us": %.0f, "p99_us": %.0f, "errors": %d}\n',
		summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
		e.connect + e.read + e.write + e.status + e.timeout))
end
