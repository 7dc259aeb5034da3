-- Asks Flowgate whether a request may pass: `http-request lua.flowgate HOST`. HOST is the host that the access rules know:
-- app.example.org, with the port unless it is 80 or 443. A request may pass if txn.flowgate_allowed is true; haproxy.cfg
-- refuses all others, also after an error in this file.

local address, port = "127.0.0.1", 7860
local timeout_seconds = 2

-- The headers that Flowgate reads. haproxy.cfg has set the first two.
local asked = {
  "x-forwarded-for", "x-forwarded-proto",
  "cookie", "authorization", "x-api-key", "accept", "user-agent", "origin", "sec-fetch-mode", "sec-fetch-site",
}

-- Flowgate's answer replaces these headers of the client.
local answered = {
  "remote-user", "remote-user-id", "remote-groups", "remote-scopes", "authorization", "cookie", "x-api-key",
}

-- Flowgate's refusals, which reach the client. HAProxy answers 503 instead of any other status.
local refusals = { [302] = true, [401] = true, [403] = true, [429] = true }

-- HAProxy writes these headers itself.
local written = { ["connection"] = true, ["content-length"] = true }

-- Returns nil if the answer is incomplete.
local function exchange(socket, lines)
  -- HTTP/1.0, because the end of the connection is then the end of the body.
  socket:send("GET /api/v1/verify HTTP/1.0\r\n" .. table.concat(lines, "\r\n") .. "\r\n\r\n")
  local status = tonumber(string.match(socket:receive("*l") or "", "^HTTP/1%.%d (%d%d%d)"))
  if not status then return nil end

  local fields, ofName = {}, {}
  local line = socket:receive("*l")
  while line ~= "" do
    local name, value = string.match(line or "", "^([^:]+): *(.*)$")
    if not name then return nil end
    name = string.lower(name)
    fields[#fields + 1] = { name = name, value = value }
    ofName[name] = value
    line = socket:receive("*l")
  end
  local body = ""
  if status ~= 200 then body = socket:receive("*a") or "" end
  return { status = status, fields = fields, ofName = ofName, body = body }
end

-- core.httpclient() would repeat a request three times, with pauses that have no setting in HAProxy 2.6.
local function ask(lines)
  local socket = core.tcp()
  socket:settimeout(timeout_seconds)
  local answer = socket:connect(address, port) and exchange(socket, lines)
  socket:close()
  return answer
end

local function refuse(txn, answer)
  local reply = txn:reply({ status = answer.status })
  for _, field in ipairs(answer.fields) do
    if not written[field.name] then reply:add_header(field.name, field.value) end
  end
  reply:set_body(answer.body)
  txn:done(reply)
end

core.register_action("flowgate", { "http-req" }, function (txn, host)
  local headers = txn.http:req_get_headers()
  local lines = {
    "Host: " .. address,
    "X-Forwarded-Method: " .. txn.sf:method(),
    "X-Forwarded-Host: " .. host,
    "X-Forwarded-Uri: " .. txn.sf:pathq(),
  }
  for _, name in ipairs(asked) do
    local values = headers[name]
    -- HAProxy numbers the values from 0.
    for index = 0, values and #values or -1 do lines[#lines + 1] = name .. ": " .. values[index] end
  end
  -- Flowgate recognizes a WebSocket by its key. WebSockets over HTTP/2 have none.
  if headers["upgrade"] then lines[#lines + 1] = "Sec-WebSocket-Key: none" end

  local answer = ask(lines)
  if not answer then return end
  if answer.status == 200 then
    for _, name in ipairs(answered) do
      txn.http:req_del_header(name)
      local value = answer.ofName[name] or ""
      if value ~= "" then txn.http:req_set_header(name, value) end
    end
    txn:set_var("txn.flowgate_allowed", true)
  elseif refusals[answer.status] then
    refuse(txn, answer)
  end
end, 1)
