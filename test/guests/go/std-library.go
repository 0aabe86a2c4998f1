// args: ["one", "two"]
// env: MODE=test
// stdin: "line 1\nline 2\n"
// clock: real
// expect-stdout: "sum 4950\n"
// expect-exit: 3
package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

func must(ok bool, what string) {
	if !ok {
		os.Stderr.WriteString("not true: " + what + "\n")
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

func files() {
	check(os.MkdirAll("/a/b/c", 0o755))
	for i := 0; i < 20; i++ {
		check(os.WriteFile(filepath.Join("/a/b", strconv.Itoa(i)), []byte(strings.Repeat("x", i)), 0o644))
	}
	entries, err := os.ReadDir("/a/b")
	check(err)
	must(len(entries) == 21, "21 entries")
	must(entries[0].Name() == "0" && entries[20].Name() == "c", "sorted")
	info, err := os.Stat("/a/b/7")
	check(err)
	must(info.Size() == 7 && info.Mode().IsRegular(), "size of 7")
	_, err = os.Stat("/a/none")
	must(errors.Is(err, fs.ErrNotExist), "ErrNotExist")
	err = os.Mkdir("/a", 0o755)
	must(errors.Is(err, fs.ErrExist), "ErrExist")
	log, err := os.OpenFile("/a/log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	check(err)
	for i := 0; i < 3; i++ {
		_, err = log.WriteString("entry\n")
		check(err)
	}
	check(log.Close())
	text, err := os.ReadFile("/a/log")
	check(err)
	must(string(text) == "entry\nentry\nentry\n", "log")
	at := time.Unix(1500000000, 123456789)
	check(os.Chtimes("/a/log", at, at))
	info, err = os.Stat("/a/log")
	check(err)
	must(info.ModTime().Equal(at), "times")
	check(os.Rename("/a/log", "/a/b/c/moved"))
	check(os.Symlink("c/moved", "/a/b/link"))
	text, err = os.ReadFile("/a/b/link")
	check(err)
	must(len(text) == 18, "through the link")
	check(os.Truncate("/a/b/c/moved", 5))
	count := 0
	check(filepath.WalkDir("/a", func(string, fs.DirEntry, error) error { count++; return nil }))
	must(count == 25, "25 walked: "+strconv.Itoa(count))
	check(os.RemoveAll("/a"))
	_, err = os.Stat("/a")
	must(errors.Is(err, fs.ErrNotExist), "removed")
}

func main() {
	must(len(os.Args) == 3 && os.Args[2] == "two", "args")
	must(os.Getenv("MODE") == "test" && os.Getenv("HOME") == "", "env")
	input, err := io.ReadAll(os.Stdin)
	check(err)
	must(string(input) == "line 1\nline 2\n", "stdin")
	files()

	// Goroutines that sleep, wait for each other and meet again.
	var all sync.WaitGroup
	results := make(chan int, 100)
	start := time.Now()
	for i := 0; i < 100; i++ {
		all.Add(1)
		go func(n int) {
			defer all.Done()
			time.Sleep(time.Duration(n%10) * time.Millisecond)
			results <- n
		}(i)
	}
	all.Wait()
	close(results)
	sum := 0
	for n := range results {
		sum += n
	}
	must(time.Since(start) >= 9*time.Millisecond, "slept")
	select {
	case <-time.After(5 * time.Millisecond):
	}
	os.Stdout.WriteString("sum " + strconv.Itoa(sum) + "\n")
	os.Exit(3)
}
