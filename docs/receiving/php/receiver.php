<?php
// Receives webhooks: with PHP's built-in server, or as the script of one URL under PHP-FPM.

declare(strict_types=1);

const MAX_BODY = 1024 * 1024;
const MAX_IDS = 10_000;
const TOLERANCE = 5 * 60;

class NotVerified extends Exception
{
}

function verify_by_hand(array $secrets, array $headers, string $body): void
{
    ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signatures] = $headers;
    if ($id === '' || $timestamp === '' || $signatures === '') {
        throw new NotVerified('a webhook header is missing');
    }
    if (!preg_match('/^\d{1,12}$/D', $timestamp)) {
        throw new NotVerified('webhook-timestamp is not a number');
    }
    // Both ways: an old request may be a replay, one from the future could be replayed for long.
    if (abs(time() - (int) $timestamp) > TOLERANCE) {
        throw new NotVerified('webhook-timestamp is too far from now');
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signatures) as $signature) {
            if (hash_equals($expected, $signature)) {
                return;
            }
        }
    }
    throw new NotVerified('no signature fits');
}

// PHP forgets its variables after each request, so the ids are in a file. In production a table
// with a unique constraint on the id takes its place: all your servers share it.
function is_first(string $id): bool
{
    $file = fopen(getenv('WEBHOOK_IDS') ?: sys_get_temp_dir() . '/webhook-ids.txt', 'c+');
    flock($file, LOCK_EX);
    $ids = explode("\n", stream_get_contents($file));
    $first = !in_array($id, $ids, true);
    if ($first) {
        $ids[] = $id;
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, implode("\n", array_slice($ids, -MAX_IDS)));
    }
    fclose($file);
    return $first;
}

// In production a queue or a table takes the place of this call: write the event there before you
// answer, so that no crash loses what you have confirmed.
function handle(object $event, string $body): void
{
    $line = ['id' => $event->id, 'type' => $event->type, 'data_sha256' => hash('sha256', $body)];
    file_put_contents('php://stdout', json_encode($line) . "\n");
}

function answer(int $status, array $value): void
{
    $content = json_encode($value);
    http_response_code($status);
    header('Content-Type: application/json');
    // With its length and the flush, the sender has the whole answer while the script goes on.
    header('Content-Length: ' . strlen($content));
    echo $content;
    while (ob_get_level() > 0) {
        ob_end_flush();
    }
    flush();
    if (function_exists('fastcgi_finish_request')) {
        fastcgi_finish_request();
    }
}

function receive(): void
{
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $path !== '/by-hand') {
        answer(404, ['error' => 'not found']);
        return;
    }
    // One byte more than allowed is enough to know.
    $body = file_get_contents('php://input', length: MAX_BODY + 1);
    if (strlen($body) > MAX_BODY) {
        answer(413, ['error' => 'the body is larger than 1 MiB']);
        return;
    }
    $headers = [];
    foreach (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as $name) {
        $headers[$name] = $_SERVER['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? '';
    }
    // One secret, or several separated by spaces while you rotate.
    $secrets = preg_split('/ /', (string) getenv('WEBHOOK_SECRET'), flags: PREG_SPLIT_NO_EMPTY);
    if ($secrets === []) {
        throw new Exception('WEBHOOK_SECRET is not set');
    }
    try {
        verify_by_hand($secrets, $headers, $body);
    } catch (NotVerified $error) {
        answer(400, ['error' => $error->getMessage()]);
        return;
    }
    $event = json_decode($body);
    if (!is_object($event)) {
        answer(400, ['error' => 'the body is not an event']);
        return;
    }
    $first = is_first($headers['webhook-id']);
    answer(200, ['received' => true, 'duplicate' => !$first]);
    if ($first) {
        handle($event, $body);
    }
}

receive();
