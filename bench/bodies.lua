-- wrk: a body for each call, as Entra sends it. FOYER_AUTHORIZATION and FOYER_RUN come from the environment.
local thread_number = 0

function setup(thread)
  thread:set("number", thread_number)
  thread_number = thread_number + 1
end

function init(_)
  calls = 0
  refused = 0
  run = os.getenv("FOYER_RUN")
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = os.getenv("FOYER_AUTHORIZATION")
end

function request()
  calls = calls + 1
  local person = run .. "-" .. number .. "-" .. calls
  return wrk.format(nil, nil, nil, string.format(
    '{"email":"%s@fabrikam.example","identities":[{"signInType":"federated","issuer":"google.com",' ..
    '"issuerAssignedId":"%s"}],"displayName":"John Smith","givenName":"John","surname":"Smith",' ..
    '"jobTitle":"Supplier","companyName":"Fabrikam","streetAddress":"1000 Microsoft Way","city":"Seattle",' ..
    '"postalCode":"12345","state":"Washington","country":"United States",' ..
    '"extension_0123456789abcdef0123456789abcdef_Department":"Purchasing of office supplies",' ..
    '"extension_0123456789abcdef0123456789abcdef_Newsletter":false,"ui_locales":"en-US"}', person, person))
end

function response(status, _, body)
  if status ~= 200 or body:find("went wrong", 1, true) then refused = refused + 1 end
end

local threads = {}
local keep = setup
function setup(thread)
  keep(thread)
  table.insert(threads, thread)
end

function done(summary, latency, _)
  local refused_in_all = 0
  for _, thread in ipairs(threads) do refused_in_all = refused_in_all + thread:get("refused") end
  local errors = summary.errors
  io.write(string.format('{"calls": %d, "seconds": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    refused_in_all + errors.connect + errors.read + errors.write + errors.timeout))
end
