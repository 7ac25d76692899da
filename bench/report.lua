-- what bench/api reads: req/s, p50 and p99 in ms, answers that were not 200
done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format("result %f %f %f %d\n",
		summary.requests / (summary.duration / 1e6),
		latency:percentile(50) / 1000, latency:percentile(99) / 1000,
		e.connect + e.read + e.write + e.status + e.timeout))
end
