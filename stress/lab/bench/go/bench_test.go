// The workloads of stress/lab/bench/ours in Go, under the same names. What one does per operation, the
// other does, too; stress/lab/bench/README.md says where the work differs.
package bench

import (
	"fmt"
	"os"
	"testing"
)

func BenchmarkAll(b *testing.B) {
	for _, w := range []struct {
		name string
		run  func(*testing.B)
	}{
		{"ping_pong", pingPong},
		{"produce_consume_0", func(b *testing.B) { produceConsume(b, 0) }},
		{"produce_consume_100", func(b *testing.B) { produceConsume(b, 100) }},
		{"uncontended_buffered", func(b *testing.B) { batches(b, 1) }},
		{"contended_channel", func(b *testing.B) { batches(b, 8) }},
		{"select_2", select2},
		{"select_8", select8},
		{"try_receive_empty", tryReceive},
		{"spawn_exit", spawnExit},
		{"spawn_park", func(b *testing.B) { spawnPark(b, false) }},
		{"memory_per_parked", func(b *testing.B) { spawnPark(b, true) }},
		{"prime_sieve", primeSieve},
		{"stack_growth_1000", func(b *testing.B) { stackGrowth(b, 1000) }},
		{"stack_growth_10000", func(b *testing.B) { stackGrowth(b, 10000) }},
	} {
		b.Run(w.name, w.run)
	}
}

func pingPong(b *testing.B) {
	there, back := make(chan uint64), make(chan uint64)
	go func() {
		for {
			back <- 1 + <-there
		}
	}()
	b.ResetTimer()
	var value uint64
	for i := 0; i < b.N; i++ {
		there <- value
		value = <-back
	}
	if value != uint64(b.N) {
		b.Fatal("a round trip is missing")
	}
}

func produceConsume(b *testing.B, capacity int) {
	c := make(chan uint64, capacity)
	b.ResetTimer()
	go func() {
		for i := 0; i < b.N; i++ {
			c <- uint64(i)
		}
	}()
	var value uint64
	for i := 0; i < b.N; i++ {
		value = <-c
	}
	if value+1 != uint64(b.N) {
		b.Fatal("a value is missing")
	}
}

const batch = 100

func batches(b *testing.B, goroutines int) {
	c := make(chan uint64, batch*goroutines)
	done := make(chan uint64)
	b.ResetTimer()
	for i := 0; i < goroutines; i++ {
		go func() {
			for left := b.N / goroutines / batch; left > 0; left-- {
				for j := 0; j < batch; j++ {
					c <- uint64(j)
				}
				for j := 0; j < batch; j++ {
					<-c
				}
			}
			done <- 0
		}()
	}
	for i := 0; i < goroutines; i++ {
		<-done
	}
}

func ask(b *testing.B, channels []chan uint64, answers chan uint64) {
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		channels[i%len(channels)] <- uint64(i)
		if <-answers != uint64(i) {
			b.Fatal("an answer is not to the question")
		}
	}
}

func makeChannels(n int) []chan uint64 {
	channels := make([]chan uint64, n)
	for i := range channels {
		channels[i] = make(chan uint64)
	}
	return channels
}

func select2(b *testing.B) {
	c, answers := makeChannels(2), make(chan uint64)
	go func() {
		c0, c1 := c[0], c[1]
		for {
			var v uint64
			select {
			case v = <-c0:
			case v = <-c1:
			}
			answers <- v
		}
	}()
	ask(b, c, answers)
}

func select8(b *testing.B) {
	c, answers := makeChannels(8), make(chan uint64)
	go func() {
		c0, c1, c2, c3, c4, c5, c6, c7 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
		for {
			var v uint64
			select {
			case v = <-c0:
			case v = <-c1:
			case v = <-c2:
			case v = <-c3:
			case v = <-c4:
			case v = <-c5:
			case v = <-c6:
			case v = <-c7:
			}
			answers <- v
		}
	}()
	ask(b, c, answers)
}

func tryReceive(b *testing.B) {
	c := make(chan uint64)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		select {
		case <-c:
			b.Fatal("something came out of an empty channel")
		default:
		}
	}
}

func chain(left *int, done chan uint64) {
	if *left == 0 {
		done <- 0
		return
	}
	*left--
	go chain(left, done)
}

func spawnExit(b *testing.B) {
	done := make(chan uint64)
	left := b.N
	b.ResetTimer()
	go chain(&left, done)
	<-done
}

func residentBytes(b *testing.B) uint64 {
	var size, resident uint64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &size, &resident)
	}
	if err != nil {
		b.Fatal(err)
	}
	return resident * uint64(os.Getpagesize())
}

func waiter(here, gate, woken chan uint64) {
	here <- 0
	<-gate
	if woken != nil {
		woken <- 0
	}
}

func spawnPark(b *testing.B, measuresMemory bool) {
	here, gate := make(chan uint64), make(chan uint64)
	var woken chan uint64
	if measuresMemory {
		woken = make(chan uint64)
	}
	before := residentBytes(b)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		go waiter(here, gate, woken)
	}
	for i := 0; i < b.N; i++ {
		<-here
	}
	b.StopTimer()
	if measuresMemory {
		b.ReportMetric(float64(residentBytes(b)-before)/float64(b.N), "bytes")
	}
	close(gate)
	if measuresMemory { // each says that it was woken
		for i := 0; i < b.N; i++ {
			<-woken
		}
	}
}

// test/chan/sieve1.go; an operation is one prime.
func primeSieve(b *testing.B) {
	b.ResetTimer()
	c := make(chan uint64)
	go func(c chan uint64) {
		for i := uint64(2); ; i++ {
			c <- i
		}
	}(c)
	for found := 0; ; {
		prime := <-c
		found++
		if found == b.N {
			if found == 400 && prime != 2741 {
				b.Fatal("not the 400th prime")
			}
			return
		}
		next := make(chan uint64)
		go func(in, out chan uint64) {
			for {
				if value := <-in; value%prime != 0 {
					out <- value
				}
			}
		}(c, next)
		c = next
	}
}

// A frame of about 128 bytes with pointers to its own and its caller's local.
//
//go:noinline
func deep(left int, callersLocal *[8]uint64) uint64 {
	var local [8]uint64
	local[left%8] = uint64(left)
	if left > 1 {
		callersLocal[0] += deep(left-1, &local)
	}
	return local[1]
}

func stackGrowth(b *testing.B, depth int) {
	done := make(chan uint64)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		go func() {
			var local [8]uint64
			done <- deep(depth, &local)
		}()
		<-done
	}
}
