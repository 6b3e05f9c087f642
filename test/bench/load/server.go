package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
)

const (
	called      = `{"content":[{"type":"text","text":"hello"}]}`
	listed      = `{"tools":[{"name":"echo","description":"Says hello.","inputSchema":{"type":"object"}}]}`
	initialized = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"load","version":"1"}}`
	discovered  = `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}`
	modern      = "modern"
)

// answers are the results of an era's server, by what only the request for them has in it.
func answers(era string) map[string]string {
	if era != modern {
		return map[string]string{`"tools/call"`: called, `"tools/list"`: listed, `"initialize"`: initialized}
	}
	results := map[string]string{`"tools/call"`: called, `"tools/list"`: listed, `"server/discover"`: discovered}
	for request, result := range results {
		results[request] = `{"resultType":"complete","ttlMs":0,"cacheScope":"public",` + result[1:]
	}
	return results
}

func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	address := flags.String("listen", "127.0.0.1:0", "address")
	era := flags.String("era", "legacy", "legacy, which keeps no sessions, or modern")
	_ = flags.Parse(args)
	results := answers(*era)
	listen(*address, "/mcp", func(_ string, body, out []byte) []byte {
		id := idOf(body)
		if id == nil {
			return append(out, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"...)
		}
		payload := `"error":{"code":-32601,"message":"Method not found"}`
		for request, result := range results {
			if bytes.Contains(body, []byte(request)) {
				payload = `"result":` + result
			}
		}
		return appendAnswer(out, "application/json", response(id, payload))
	})
}

// listen serves for ever; respond is given the first line and the body of a request, and appends the response to out.
func listen(address, path string, respond func(first string, body, out []byte) []byte) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fail(err)
	}
	fmt.Printf("{\"url\":\"http://%s%s\"}\n", listener.Addr(), path)
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go answer(connection, respond)
	}
}

func answer(connection net.Conn, respond func(first string, body, out []byte) []byte) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, 64<<10)
	var body, out []byte
	for {
		first, length, _, err := head(reader, "")
		if err != nil {
			return
		}
		body = append(body[:0], make([]byte, length)...)
		if _, err := io.ReadFull(reader, body); err != nil {
			return
		}
		out = respond(first, body, out[:0])
		if _, err := connection.Write(out); err != nil {
			return
		}
	}
}

// response is a JSON-RPC response. payload is its member result or error.
func response(id []byte, payload string) string {
	return `{"jsonrpc":"2.0","id":` + string(id) + `,` + payload + `}`
}

func appendAnswer(out []byte, contentType, body string) []byte {
	out = append(out, "HTTP/1.1 200 OK\r\nContent-Type: "+contentType+"\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	return append(append(out, "\r\n\r\n"...), body...)
}
