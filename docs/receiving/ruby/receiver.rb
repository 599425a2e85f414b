# Receives webhooks with a small HTTP loop on a TCP socket, as Ruby has no HTTP server of its own
# any more. In production the loop is Puma's, and verify_by_hand stays as it is.
require "json"
require "openssl"
require "socket"

MAX_BODY = 1024 * 1024
MAX_LINE = 64 * 1024
MAX_IDS = 10_000
TOLERANCE = 5 * 60

# One secret, or several separated by spaces while you rotate.
SECRETS = ENV.fetch("WEBHOOK_SECRET", "").split
abort "WEBHOOK_SECRET is not set" if SECRETS.empty?

class NotVerified < StandardError; end

def verify_by_hand(secrets, headers, body)
  names = %w[webhook-id webhook-timestamp webhook-signature]
  id, timestamp, signatures = headers.values_at(*names)
  raise NotVerified, "a webhook header is missing" if [id, timestamp, signatures].any? { |value| value.to_s.empty? }
  raise NotVerified, "webhook-timestamp is not a number" unless timestamp.match?(/\A\d+\z/)
  # Both ways: an old request may be a replay, one from the future could be replayed for long.
  age = Time.now.to_i - timestamp.to_i
  raise NotVerified, "webhook-timestamp is too far from now" if age.abs > TOLERANCE

  message = "#{id}.#{timestamp}.".b + body
  secrets.each do |secret|
    key = secret.delete_prefix("whsec_").unpack1("m")
    expected = "v1,#{[OpenSSL::HMAC.digest("SHA256", key, message)].pack("m0")}"
    signatures.split(" ").each do |signature|
      # The comparison raises on unequal lengths; the length is no secret.
      next unless signature.bytesize == expected.bytesize
      return JSON.parse(body) if OpenSSL.fixed_length_secure_compare(signature, expected)
    end
  end
  raise NotVerified, "no signature fits"
end

# In production a table with a unique constraint on the id takes the place of this hash: it
# outlives the process, and all your servers share it.
SEEN = {}
SEEN_LOCK = Mutex.new

def first?(id)
  SEEN_LOCK.synchronize do
    return false if SEEN.key?(id)

    SEEN[id] = true
    SEEN.shift if SEEN.size > MAX_IDS
    true
  end
end

# In production a queue or a table takes the place of this call: write the event there before you
# answer, so that no crash loses what you have confirmed.
def handle(event, body)
  data_sha256 = OpenSSL::Digest::SHA256.hexdigest(body)
  puts JSON.generate(id: event["id"], type: event["type"], data_sha256: data_sha256)
end

def read_head(socket)
  request_line = socket.gets("\n", MAX_LINE).to_s
  headers = {}
  100.times do
    line = socket.gets("\n", MAX_LINE).to_s.chomp
    break if line.empty?

    name, value = line.split(":", 2)
    headers[name.downcase] = value.to_s.strip
  end
  [request_line.split(" "), headers]
end

def respond(socket, status, reason, value)
  content = JSON.generate(value)
  socket.write("HTTP/1.1 #{status} #{reason}\r\nContent-Type: application/json\r\n" \
               "Content-Length: #{content.bytesize}\r\nConnection: close\r\n\r\n#{content}")
end

def receive(socket)
  (method, target, _version), headers = read_head(socket)
  known = method == "POST" && target.to_s.split("?").first == "/by-hand"
  return respond(socket, 404, "Not Found", error: "not found") unless known

  length = Integer(headers["content-length"], 10, exception: false) || -1
  return respond(socket, 411, "Length Required", error: "Content-Length is missing") if length.negative?

  if length > MAX_BODY
    respond(socket, 413, "Content Too Large", error: "the body is larger than 1 MiB")
    # A sender that is cut off sees no 413, so it may finish, within reason.
    return IO.copy_stream(socket, IO::NULL, [length, 8 * MAX_BODY].min)
  end

  body = socket.read(length).to_s
  event = verify_by_hand(SECRETS, headers, body)
  first = first?(headers["webhook-id"])
  respond(socket, 200, "OK", received: true, duplicate: !first)
  # On this connection's own thread: the sender has its answer and does not wait.
  socket.close
  handle(event, body) if first
rescue NotVerified, JSON::ParserError => e
  respond(socket, 400, "Bad Request", error: e.message)
end

def in_thread(socket)
  Thread.new do
    receive(socket)
  rescue StandardError => e
    warn e.full_message
  ensure
    socket.close
  end
end

$stdout.sync = true
server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT")))
puts "listening on 127.0.0.1:#{server.addr[1]}"
loop { in_thread(server.accept) }
