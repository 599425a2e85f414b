import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.*;
import java.io.*;
import java.net.InetSocketAddress;
import java.security.*;
import java.util.*;
import java.util.concurrent.*;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Receives webhooks with the JDK's own HTTP server. */
public class Receiver {
    static final int MAX_BODY = 1024 * 1024;
    static final int MAX_IDS = 10_000;
    static final long TOLERANCE = 5 * 60;

    static void verifyByHand(String[] secrets, Headers headers, byte[] body)
            throws GeneralSecurityException {
        String id = headers.getFirst("webhook-id");
        String timestamp = headers.getFirst("webhook-timestamp");
        String signatures = headers.getFirst("webhook-signature");
        if (id == null || timestamp == null || signatures == null) {
            throw new SignatureException("a webhook header is missing");
        }
        if (!timestamp.matches("[0-9]{1,12}")) {
            throw new SignatureException("webhook-timestamp is not a number");
        }
        // Both ways: an old request may be a replay, one from the future could be replayed for long.
        if (Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) > TOLERANCE) {
            throw new SignatureException("webhook-timestamp is too far from now");
        }
        for (String secret : secrets) {
            byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
            String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
            for (String signature : signatures.split(" ")) {
                if (MessageDigest.isEqual(signature.getBytes(UTF_8), expected.getBytes(UTF_8))) {
                    return;
                }
            }
        }
        throw new SignatureException("no signature fits");
    }

    // In production a table with a unique constraint on the id takes the place of this set: it
    // outlives the process, and all your servers share it.
    static final Set<String> SEEN = Collections.synchronizedSet(
            Collections.newSetFromMap(new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > MAX_IDS;
                }
            }));

    static final ExecutorService WORK = Executors.newSingleThreadExecutor();

    // In production a queue or a table takes the place of this call: write the event there before
    // you answer, so that no crash loses what you have confirmed.
    static void handle(byte[] body) {
        String json = new String(body, UTF_8);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            System.out.printf("{\"id\": %s, \"type\": %s, \"data_sha256\": \"%s\"}%n",
                    field(json, "id"), field(json, "type"), HexFormat.of().formatHex(digest));
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    /**
     * The JSON text of a string on the event's top level. The JDK reads no JSON: where you have
     * a library for it, such as Jackson, use that.
     */
    static String field(String json, String name) {
        int depth = 0;
        for (int i = 0; i < json.length(); i++) {
            switch (json.charAt(i)) {
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                case '"' -> {
                    int end = endOfString(json, i);
                    if (depth == 1 && json.substring(i + 1, end - 1).equals(name)) {
                        String rest = json.substring(end).stripLeading();
                        String value = rest.substring(1).stripLeading();
                        if (rest.startsWith(":") && value.startsWith("\"")) {
                            return value.substring(0, endOfString(value, 0));
                        }
                    }
                    i = end - 1;
                }
                default -> { }
            }
        }
        return "null";
    }

    static int endOfString(String json, int start) {
        int i = start + 1;
        while (json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] content = json.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, content.length);
        exchange.getResponseBody().write(content);
        exchange.close();
    }

    static void fail(HttpExchange exchange, int status, String reason) throws IOException {
        answer(exchange, status, "{\"error\": \"" + reason + "\"}");
    }

    static void receive(HttpExchange exchange, String[] secrets) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")
                || !exchange.getRequestURI().getPath().equals("/by-hand")) {
            fail(exchange, 404, "not found");
            return;
        }
        InputStream in = exchange.getRequestBody();
        byte[] body = in.readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            // The rest is read and dropped: a sender that is cut off sees no 413.
            in.transferTo(OutputStream.nullOutputStream());
            fail(exchange, 413, "the body is larger than 1 MiB");
            return;
        }
        try {
            verifyByHand(secrets, exchange.getRequestHeaders(), body);
        } catch (GeneralSecurityException error) {
            fail(exchange, 400, error.getMessage());
            return;
        }
        boolean first = SEEN.add(exchange.getRequestHeaders().getFirst("webhook-id"));
        answer(exchange, 200, "{\"received\": true, \"duplicate\": " + !first + "}");
        if (first) {
            WORK.execute(() -> handle(body));
        }
    }

    public static void main(String[] args) throws IOException {
        // One secret, or several separated by spaces while you rotate.
        String[] secrets = System.getenv().getOrDefault("WEBHOOK_SECRET", "").strip().split(" +");
        if (secrets[0].isEmpty()) {
            throw new IllegalStateException("WEBHOOK_SECRET is not set");
        }
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> receive(exchange, secrets));
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        System.out.println("listening on 127.0.0.1:" + server.getAddress().getPort());
    }
}
