// The same job in Go's net/http: check the signature, read the body, check its age, look up the waiter, respond.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

type callback struct {
	Event          string    `json:"event"`
	NotificationID string    `json:"notification_id"`
	ChannelUsed    string    `json:"channel_used"`
	Status         string    `json:"status"`
	Timestamp      time.Time `json:"timestamp"`
	Recipient      struct {
		UserID         string `json:"user_id"`
		ChannelAddress string `json:"channel_address"`
	} `json:"recipient"`
	Metadata map[string]any `json:"metadata"`
}

var (
	key     = []byte(os.Getenv("SMOOVEN_SECRET_KEY"))
	mutex   sync.Mutex
	pending = map[string]chan callback{}
)

func receive(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, 262_144))
	if err != nil {
		writer.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	signature, err := hex.DecodeString(request.Header.Get("X-Smooven-Signature"))
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event callback
	if json.Unmarshal(body, &event) != nil {
		writer.WriteHeader(http.StatusBadRequest)
		return
	}
	if age := time.Since(event.Timestamp); age > 24*time.Hour || age < -5*time.Minute {
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	mutex.Lock()
	waiter := pending[event.NotificationID]
	delete(pending, event.NotificationID)
	mutex.Unlock()
	if waiter != nil {
		waiter <- event
	}
	writer.WriteHeader(http.StatusOK)
}

func main() {
	http.HandleFunc("/callbacks/smooven", receive)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "listening on http://%s\n", listener.Addr())
	panic(http.Serve(listener, nil))
}
