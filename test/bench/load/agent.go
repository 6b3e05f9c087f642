package main

import (
	"flag"
	"fmt"
	"strings"
)

const (
	card = `{"name":"load","description":"Says hello.","version":"1","supportedInterfaces":[{"url":"/","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],
"capabilities":{"streaming":%t},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[]}`
	told = `"result":{"message":{"messageId":"m","contextId":"c","role":"ROLE_AGENT","parts":[{"text":"hello"}]}}`
)

// events are what a stream tells of a task: that it is at work, what it made, and that it is done.
var events = []string{
	`"result":{"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}}`,
	`"result":{"artifactUpdate":{"taskId":"t","contextId":"c","artifact":{"artifactId":"a","parts":[{"text":"hello"}]}}}`,
	`"result":{"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}}`,
}

// agent serves an agent of A2A 1.0, which answers with a message, or with the stream of a task.
func agent(args []string) {
	flags := flag.NewFlagSet("agent", flag.ExitOnError)
	address := flags.String("listen", "127.0.0.1:0", "address")
	streams := flags.Bool("streams", false, "answer with the stream of a task")
	_ = flags.Parse(args)
	listen(*address, "/", func(first string, body, out []byte) []byte {
		if strings.HasPrefix(first, "GET ") {
			return appendAnswer(out, "application/json", fmt.Sprintf(card, *streams))
		}
		id := idOf(body)
		if !*streams {
			return appendAnswer(out, "application/json", response(id, told))
		}
		var stream strings.Builder
		for _, event := range events {
			stream.WriteString("data: " + response(id, event) + "\n\n")
		}
		return appendAnswer(out, "text/event-stream", stream.String())
	})
}
