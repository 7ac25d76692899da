-- what bench/insight sends: the path with the API key of a user of t/helper/history,
-- chosen as that chooses who deploys. Argument: how many users.
function init(args)
	users = tonumber(args[1])
	math.randomseed(20240229)
end

function request()
	local user = math.floor(users * math.random() ^ 3)
	return wrk.format("GET", nil, {["X-API-Key"] = string.format("ask_%043d", user)})
end

done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format("result %f %f %f %d\n",
		summary.requests / (summary.duration / 1e6),
		latency:percentile(50) / 1000, latency:percentile(99) / 1000,
		e.connect + e.read + e.write + e.status + e.timeout))
end
