// Command load is the benchmark's other side: an MCP server or an agent of A2A that costs next to nothing, and the client
// that calls it. All speak HTTP/1.1 over raw connections, so that what stands between them is what is measured.
//
//	load serve -listen 127.0.0.1:0 [-era legacy|modern]
//	                                     prints {"url": "http://127.0.0.1:PORT/mcp"}
//	load agent -listen 127.0.0.1:0 [-streams]
//	                                     prints {"url": "http://127.0.0.1:PORT/"}
//	load run -url URL [-era legacy|modern] [-connections 16] [-seconds 5] [-rate 0] [-tool NAME] [-argument NAME] [-header LINE]
//	                                     prints {"calls": …, "failed": …, "seconds": …, "p50Micros": …, "p99Micros": …, "maxMicros": …}
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("expected serve, agent or run"))
	}
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2:])
	case "agent":
		agent(os.Args[2:])
	case "run":
		run(os.Args[2:])
	default:
		fail(fmt.Errorf("unknown command %q; expected serve, agent or run", os.Args[1]))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// head reads an HTTP head and returns its first line, its content length, -1 for a body in chunks, and the value of one header.
func head(r *bufio.Reader, want string) (first string, length int, value string, err error) {
	first, err = r.ReadString('\n')
	for err == nil {
		var line []byte
		line, err = r.ReadSlice('\n')
		if err != nil || len(bytes.TrimSpace(line)) == 0 {
			break
		}
		name, rest, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("content-length")) {
			length, err = strconv.Atoi(string(bytes.TrimSpace(rest)))
		} else if bytes.EqualFold(name, []byte("transfer-encoding")) {
			length = -1
		} else if want != "" && bytes.EqualFold(name, []byte(want)) {
			value = string(bytes.TrimSpace(rest))
		}
	}
	return first, length, value, err
}

// idOf finds the id of a request without reading the rest as JSON: our own client writes it first.
func idOf(body []byte) []byte {
	_, rest, found := bytes.Cut(body, []byte(`"id":`))
	if !found {
		return nil
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return nil
	}
	return bytes.TrimSpace(rest[:end])
}

// client is one connection with a request in flight at a time.
type client struct {
	connection net.Conn
	reader     *bufio.Reader
	target     *url.URL
	session    string
	// Lines of the head of a request beside those that HTTP needs.
	headers   string
	out, body []byte
}

func dial(target *url.URL) (*client, error) {
	connection, err := net.Dial("tcp", target.Host)
	if err != nil {
		return nil, err
	}
	return &client{connection: connection, reader: bufio.NewReaderSize(connection, 64<<10), target: target}, nil
}

func (c *client) post(message []byte) (status int, body []byte, err error) {
	c.out = append(c.out[:0], "POST "+c.target.Path+" HTTP/1.1\r\nHost: "+c.target.Host+"\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"+c.headers...)
	if c.session != "" {
		c.out = append(c.out, "Mcp-Session-Id: "+c.session+"\r\nMcp-Protocol-Version: 2025-11-25\r\n"...)
	}
	c.out = append(c.out, "Content-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(message)), 10)
	c.out = append(append(c.out, "\r\n\r\n"...), message...)
	if _, err = c.connection.Write(c.out); err != nil {
		return 0, nil, err
	}
	first, length, session, err := head(c.reader, "mcp-session-id")
	if err != nil {
		return 0, nil, err
	}
	if session != "" {
		c.session = session
	}
	if err = c.read(length); err != nil {
		return 0, nil, err
	}
	parts := strings.SplitN(first, " ", 3)
	if len(parts) < 2 {
		return 0, nil, fmt.Errorf("bad status line %q", first)
	}
	status, err = strconv.Atoi(parts[1])
	return status, c.body, err
}

// read reads a body of this length, or one in chunks.
func (c *client) read(length int) (err error) {
	if length < 0 {
		if c.body, err = io.ReadAll(httputil.NewChunkedReader(c.reader)); err != nil {
			return err
		}
		_, err = c.reader.Discard(len("\r\n"))
		return err
	}
	c.body = append(c.body[:0], make([]byte, length)...)
	_, err = io.ReadFull(c.reader, c.body)
	return err
}

func (c *client) initialize() error {
	message := `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}`
	status, body, err := c.post([]byte(message))
	if err != nil || status != 200 {
		return fmt.Errorf("initialize: status %d, %s, %v", status, body, err)
	}
	if status, _, err = c.post([]byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)); err != nil || status != 202 {
		return fmt.Errorf("notifications/initialized: status %d, %v", status, err)
	}
	return nil
}

type outcome struct {
	Calls     int     `json:"calls"`
	Failed    int     `json:"failed"`
	Seconds   float64 `json:"seconds"`
	P50Micros int64   `json:"p50Micros"`
	P99Micros int64   `json:"p99Micros"`
	MaxMicros int64   `json:"maxMicros"`
	Error     string  `json:"error,omitempty"`
}

func run(args []string) {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	address := flags.String("url", "", "MCP endpoint")
	connections := flags.Int("connections", 16, "connections, each with one call in flight")
	seconds := flags.Float64("seconds", 5, "how long")
	rate := flags.Float64("rate", 0, "calls a second over all connections; 0: as many as are answered")
	tool := flags.String("tool", "echo", "name of the tool to call")
	era := flags.String("era", "legacy", "legacy, with a session a connection, or modern")
	argument := flags.String("argument", "text", "name of the argument that is padded")
	padding := flags.Int("padding", 0, "bytes of argument a call")
	header := flags.String("header", "", "a line of the head of each request, such as a credential")
	_ = flags.Parse(args)
	target, err := url.Parse(*address)
	if err != nil || target.Host == "" {
		fail(fmt.Errorf("-url %q is not a URL: %w", *address, err))
	}
	if *seconds > 60 || *connections > 1024 {
		fail(errors.New("at most 60 seconds and 1024 connections"))
	}
	var group sync.WaitGroup
	var lock sync.Mutex
	var total outcome
	var latencies []int64
	began := time.Now()
	end := began.Add(time.Duration(*seconds * float64(time.Second)))
	for i := 0; i < *connections; i++ {
		group.Add(1)
		pace := pace{next: began}
		if *rate > 0 {
			pace.every = time.Duration(float64(*connections) / *rate * float64(time.Second))
			pace.next = began.Add(pace.every * time.Duration(i) / time.Duration(*connections))
		}
		go func() {
			defer group.Done()
			calls, failed, mine, err := calls(target, end, pace, *tool, *era, *argument, *header, *padding)
			lock.Lock()
			defer lock.Unlock()
			total.Calls += calls
			total.Failed += failed
			latencies = append(latencies, mine...)
			if err != nil {
				total.Error = err.Error()
			}
		}()
	}
	group.Wait()
	total.Seconds = time.Since(began).Seconds()
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	if len(latencies) > 0 {
		total.P50Micros = latencies[len(latencies)/2]
		total.P99Micros = latencies[len(latencies)*99/100]
		total.MaxMicros = latencies[len(latencies)-1]
	}
	_ = json.NewEncoder(os.Stdout).Encode(total)
}

// pace says when a connection's calls are due.
type pace struct {
	next  time.Time
	every time.Duration
}

// due waits until a call is due and returns the time from which it counts. A call that is late, since the one before it
// took too long, counts from when it was due: else one long stop would show as one slow call, however many it held up.
func (p *pace) due() time.Time {
	if p.every == 0 {
		return time.Now()
	}
	due := p.next
	p.next = p.next.Add(p.every)
	if wait := time.Until(due); wait > 0 {
		time.Sleep(wait)
		return time.Now()
	}
	return due
}

func calls(target *url.URL, end time.Time, pace pace, tool, era, argument, header string, padding int) (done, failed int, latencies []int64, err error) {
	c, err := dial(target)
	if err != nil {
		return 0, 1, nil, err
	}
	defer c.connection.Close()
	meta := ""
	if header != "" {
		c.headers = header + "\r\n"
	}
	if era == modern {
		c.headers += "Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n"
		meta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	} else if err := c.initialize(); err != nil {
		return 0, 1, nil, err
	}
	prefix := []byte(`{"jsonrpc":"2.0","id":`)
	suffix := []byte(`,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"` + argument + `":"` + strings.Repeat("x", padding) + `"}` + meta + `}}`)
	var message []byte
	for id := int64(1); time.Now().Before(end); id++ {
		message = append(message[:0], prefix...)
		message = strconv.AppendInt(message, id, 10)
		message = append(message, suffix...)
		began := pace.due()
		status, body, err := c.post(message)
		if err != nil {
			return done, failed + 1, latencies, err
		}
		latencies = append(latencies, time.Since(began).Microseconds())
		if status != 200 || string(idOf(body)) != strconv.FormatInt(id, 10) || !bytes.Contains(body, []byte(`"result"`)) || bytes.Contains(body, []byte(`"isError":true`)) {
			failed++
			err = fmt.Errorf("status %d: %s", status, body)
			return done, failed, latencies, err
		}
		done++
	}
	return done, failed, latencies, nil
}
