// Receives webhooks with Go's own HTTP server.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxBody   = 1 << 20
	maxIDs    = 10_000
	tolerance = 5 * 60
)

type event struct {
	ID   string          `json:"id"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func verifyByHand(secrets []string, headers http.Header, body []byte) error {
	id := headers.Get("webhook-id")
	timestamp := headers.Get("webhook-timestamp")
	signatures := headers.Get("webhook-signature")
	if id == "" || timestamp == "" || signatures == "" {
		return errors.New("a webhook header is missing")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return errors.New("webhook-timestamp is not a number")
	}
	// Both ways: an old request may be a replay, one from the future could be replayed for long.
	if now := time.Now().Unix(); seconds < now-tolerance || seconds > now+tolerance {
		return errors.New("webhook-timestamp is too far from now")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return errors.New("the secret is not base64")
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		mac.Write(body)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range strings.Split(signatures, " ") {
			if hmac.Equal([]byte(signature), []byte(expected)) {
				return nil
			}
		}
	}
	return errors.New("no signature fits")
}

// In production a table with a unique constraint on the id takes the place of this: it outlives
// the process, and all your servers share it.
type seenIDs struct {
	sync.Mutex
	ids   map[string]bool
	order []string
}

func (seen *seenIDs) isFirst(id string) bool {
	seen.Lock()
	defer seen.Unlock()
	if seen.ids[id] {
		return false
	}
	seen.ids[id] = true
	seen.order = append(seen.order, id)
	if len(seen.order) > maxIDs {
		delete(seen.ids, seen.order[0])
		seen.order = seen.order[1:]
	}
	return true
}

// In production a queue or a table takes the place of this call: write the event there before you
// answer, so that no crash loses what you have confirmed.
func handle(e event, body []byte) {
	sum := sha256.Sum256(body)
	line := map[string]string{"id": e.ID, "type": e.Type, "data_sha256": hex.EncodeToString(sum[:])}
	json.NewEncoder(os.Stdout).Encode(line)
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

func fail(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]string{"error": reason})
}

type receiver struct {
	secrets []string
	seen    seenIDs
}

func (rec *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/by-hand" {
		fail(w, http.StatusNotFound, "not found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil { // or the sender has gone, and reads no answer
		fail(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
		return
	}
	if err := verifyByHand(rec.secrets, r.Header, body); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		fail(w, http.StatusBadRequest, "the body is not an event")
		return
	}
	first := rec.seen.isFirst(r.Header.Get("webhook-id"))
	answer(w, http.StatusOK, map[string]bool{"received": true, "duplicate": !first})
	if first {
		go handle(e, body)
	}
}

func main() {
	// One secret, or several separated by spaces while you rotate.
	secrets := strings.Fields(os.Getenv("WEBHOOK_SECRET"))
	if len(secrets) == 0 {
		log.Fatal("WEBHOOK_SECRET is not set")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	server := http.Server{
		Handler:     &receiver{secrets: secrets, seen: seenIDs{ids: map[string]bool{}}},
		ReadTimeout: 10 * time.Second,
	}
	log.Fatal(server.Serve(listener))
}
