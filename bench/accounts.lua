-- what bench/accounts sends: one thread a connection, each a person who signs
-- in, looks at things and refreshes. Arguments: MODE EMAIL PASSWORD, where MODE
-- is login (nothing else) or mixed.
local threads = {}

function setup(thread)
	thread:set("id", #threads)
	table.insert(threads, thread)
end

function init(args)
	mode, email, password = args[1], args[2], args[3]
	step, kind = 0, nil
	logins, refreshes, sessions, refused, bad = 0, 0, 0, 0, 0
	json = {["Content-Type"] = "application/json"}
end

local function login()
	kind = "login"
	return wrk.format("POST", "/api/auth/login", json,
		string.format('{"email":"%s","password":"%s"}', email, password))
end

function request()
	step = step + 1
	if mode == "login" or not access then
		return login()
	end
	-- of 24 requests a login, 3 refreshes, 20 looks
	if step % 24 == 0 then
		return login()
	end
	if step % 8 == 0 then
		kind = "refresh"
		return wrk.format("POST", "/api/auth/refresh", json,
			string.format('{"refreshToken":"%s"}', refresh))
	end
	kind = "session"
	return wrk.format("GET", "/api/auth/session", {["Authorization"] = "Bearer " .. access})
end

function response(status, headers, body)
	if status == 503 or status == 429 then
		refused = refused + 1
	elseif status ~= 200 then
		bad = bad + 1
		access = nil
	elseif kind == "session" then
		sessions = sessions + 1
	else
		if kind == "login" then logins = logins + 1 else refreshes = refreshes + 1 end
		access = body:match('"accessToken":"([^"]+)"')
		refresh = body:match('"refreshToken":"([^"]+)"')
	end
end

function done(summary, latency)
	local n = {logins = 0, refreshes = 0, sessions = 0, refused = 0, bad = 0}
	for _, thread in ipairs(threads) do
		for what in pairs(n) do
			n[what] = n[what] + thread:get(what)
		end
	end
	local s = summary.duration / 1e6
	local e = summary.errors
	io.write(string.format("result %f %f %f %d %d %f\n", n.logins / s, n.refreshes / s, n.sessions / s,
		n.refused, n.bad + e.connect + e.read + e.write + e.timeout, latency:percentile(99) / 1000))
end
