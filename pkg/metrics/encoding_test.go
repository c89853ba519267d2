package metrics

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"salvo/pkg/hist"
)

func marshalled(t interface{ Fatal(...any) }, s *Snapshot) []byte {
	data, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEncodingComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecorder(2)
		for _, e := range events().Draw(t, "events") {
			play(r, e)
		}
		s := r.Snapshot()
		data := marshalled(t, s)
		back, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(marshalled(t, back), data) {
			t.Fatalf("%v comes back as %v", s, back)
		}
		if len(back.Phases) != len(s.Phases) || len(back.Seconds) != len(s.Seconds) {
			t.Fatalf("%v comes back as %v", s, back)
		}
	})
}

func TestEncodingOfExtremes(t *testing.T) {
	h := new(hist.Histogram)
	h.Record(math.MinInt64)
	h.Record(math.MaxInt64)
	cell := func() *Cell {
		return &Cell{
			Counters:   map[string]int64{"": math.MinInt64, "max": math.MaxInt64, "zero": 0},
			Rates:      map[string]int64{"max": math.MaxInt64},
			Histograms: map[string]*hist.Histogram{"h": h, "empty": {}, "none": nil},
			First:      math.MinInt64, Last: math.MaxInt64,
		}
	}
	s := &Snapshot{
		Phases:  map[int]*Cell{math.MinInt: cell(), 0: {}, 1: nil, math.MaxInt: cell()},
		Seconds: map[int64]*Cell{math.MinInt64: cell(), 7: nil, math.MaxInt64: cell()},
	}
	back, err := Decode(marshalled(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(marshalled(t, back), marshalled(t, s)) {
		t.Error("it does not come back")
	}
	c := back.Seconds[math.MaxInt64]
	if c == nil || c.Counters[""] != math.MinInt64 || c.Rates["max"] != math.MaxInt64 || c.Histograms["h"].Min() != math.MinInt64 || c.First != math.MinInt64 || c.Last != math.MaxInt64 {
		t.Errorf("a cell comes back as %v", c)
	}
	if _, ok := back.Phases[1]; ok || len(back.Phases) != 3 || len(back.Seconds) != 2 {
		t.Errorf("got %d phases, %d seconds", len(back.Phases), len(back.Seconds))
	}
}

// A chunk of the largest default size keeps its results small: the package comment
// says how small.
func TestSizeOfAChunk(t *testing.T) {
	l := newLoad(2)
	chunk(l, 120, 500)
	s := l.r.Snapshot()
	total := s.Total()
	if n := len(total.Counters) + len(total.Rates) + len(total.Histograms); n < 20 {
		t.Fatalf("only %d metrics", n)
	}
	if n := len(marshalled(t, s)); n > 150<<10 {
		t.Errorf("%d bytes", n)
	}
}

// wrap is what MarshalBinary makes of a body.
func wrap(body []byte, crc uint32, size int) []byte {
	data := append([]byte(magic), version)
	data = binary.LittleEndian.AppendUint32(data, crc)
	out := bytes.NewBuffer(binary.AppendUvarint(data, uint64(size)))
	w, _ := flate.NewWriter(out, flate.BestSpeed)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

// small is a snapshot with something of every kind.
func small() *Snapshot {
	r := NewRecorder(1)
	play(r, event{phase: 0, at: 250, seen: []observation{{0, "b", -3}, {0, "d", 400}, {1, "c", 0}}})
	play(r, event{phase: 2, at: 3001, seen: []observation{{0, "d", 1}, {2, "a", 7}}})
	return r.Snapshot()
}

// The body of version 1 is fixed: results that were written once stay readable.
func TestBody(t *testing.T) {
	for _, row := range []struct {
		name string
		s    *Snapshot
		hex  string
	}{
		{"nothing", &Snapshot{}, "00 00 00"},
		{"something of every kind", small(), "" +
			"04 01 61 01 62 01 63 01 64" + // a b c d
			"02" + // phases
			"00 f4c3e285e368 00  02 01 05 01 a006  01 02 02  00" +
			"04 f2eee285e368 00  01 03 02  00  01 00 08 01 00 00 01 70 00 00 0e" +
			"02" + // seconds
			"80c8ceb40d f403 00  02 01 05 01 a006  01 02 02  00" +
			"06 02 00  01 03 02  00  01 00 08 01 00 00 01 70 00 00 0e"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want, err := hex.DecodeString(strings.ReplaceAll(row.hex, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			if got := body(t, row.s); !bytes.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
			back, err := decodeBody(want)
			if err != nil {
				t.Fatal(err)
			}
			if again := body(t, back); !bytes.Equal(again, want) {
				t.Errorf("it comes back as %x", again)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	b := body(t, small())
	good := wrap(b, crc32.ChecksumIEEE(b), len(b))
	if _, err := Decode(good); err != nil {
		t.Fatal(err)
	}
	with := func(i int, v byte) []byte {
		data := bytes.Clone(good)
		data[i] = v
		return data
	}
	huge := func(n int) []byte {
		zeros := make([]byte, n)
		return wrap(zeros, crc32.ChecksumIEEE(zeros), n)
	}
	for _, row := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "it is none"},
		{"something else", []byte("{\"aggregate\": {}}"), "it is none"},
		{"another version", with(3, 9), "version 9"},
		{"a wrong checksum", with(4, ^good[4]), "checksum"},
		{"fewer bytes than it says", wrap(b, crc32.ChecksumIEEE(b), len(b)+1), "has not the"},
		{"more bytes than it says", wrap(b, crc32.ChecksumIEEE(b), len(b)-1), "has not the"},
		{"more bytes than are accepted", wrap(nil, 0, maxBody+1), "too large"},
		{"much that is nothing", huge(1 << 20), "follows its body"},
		{"something after its end", append(bytes.Clone(good), 0), "follows its end"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Decode(row.data)
			if err == nil || !strings.HasPrefix(err.Error(), "decoding a snapshot: ") || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got error %v, want one with %q", err, row.want)
			}
			s := small()
			if err := s.UnmarshalBinary(row.data); err == nil || len(s.Phases) != 2 {
				t.Errorf("into a snapshot: error %v, %d phases", err, len(s.Phases))
			}
		})
	}
	t.Run("cut anywhere", func(t *testing.T) {
		for n := range good {
			if _, err := Decode(good[:n]); err == nil {
				t.Errorf("the first %d of %d bytes are accepted", n, len(good))
			}
		}
	})
	t.Run("any bit turned", func(t *testing.T) {
		for i := range 8 * len(good) {
			s, err := Decode(with(i/8, good[i/8]^1<<(i%8)))
			// The end of deflated data may hold bits that mean nothing.
			if err == nil && !bytes.Equal(body(t, s), b) {
				t.Errorf("bit %d of byte %d may be another", i%8, i/8)
			}
		}
	})
}

func TestDecodeBodyRefuses(t *testing.T) {
	for _, row := range []struct{ name, hex, want string }{
		{"nothing", "", "cut short"},
		{"more names than bytes", "ff ff ff 7f", "cut short"},
		{"a name past the end", "01 05 61 00 00", "cut short"},
		{"names twice", "02 01 61 01 61 00 00", "not sorted"},
		{"names out of order", "02 01 62 01 61 00 00", "not sorted"},
		{"more cells than bytes", "00 05 00 00 00 00 00 00 00", "cut short"},
		{"a phase twice", "00 02 02 00 00 00 00 00 00 00 00 00 00 00 00", "not sorted"},
		{"seconds out of order", "00 00 02 02 00 00 00 00 00 01 00 00 00 00 00", "not sorted"},
		{"a counter without a name", "00 01 00 00 00 01 00 02 00 00 00", "not in its table"},
		{"a name past the table", "01 01 61 01 00 00 00 01 01 02 00 00 00", "not in its table"},
		{"a name far past the table", "01 01 61 01 00 00 00 01 ff ff ff ff ff ff ff ff ff 01 02 00 00 00", "not in its table"},
		{"a histogram that is none", "01 01 61 01 00 00 00 00 00 01 00 04 09 00 00 00 00", "\"a\": histogram: version 9"},
		{"a histogram past the end", "01 01 61 01 00 00 00 00 00 01 00 7f 09 00 00 00 00", "cut short"},
		{"more than its end", "00 00 00 00", "follows its body"},
	} {
		t.Run(row.name, func(t *testing.T) {
			data, err := hex.DecodeString(strings.ReplaceAll(row.hex, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decodeBody(data); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got error %v, want one with %q", err, row.want)
			}
		})
	}
}

// allocated is how many bytes f takes in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDecodingTakesMemoryInProportion(t *testing.T) {
	// What says it is large, and is not.
	data := wrap([]byte("short"), 0, maxBody)
	if n := allocated(func() { _, _ = Decode(data) }); n > 1<<20 {
		t.Errorf("%d bytes of memory to refuse %d", n, len(data))
	}
}

func seeds(f *testing.F) []*Snapshot {
	f.Helper()
	l := newLoad(1)
	chunk(l, 2, 20)
	many := &Snapshot{Seconds: map[int64]*Cell{}}
	for i := range int64(20) {
		many.Seconds[i*i-50] = &Cell{Counters: map[string]int64{fmt.Sprint(i % 5): i - 9}, First: i, Last: i * i}
	}
	return []*Snapshot{{}, small(), many, l.r.Snapshot()}
}

func FuzzDecode(f *testing.F) {
	for _, s := range seeds(f) {
		data, err := s.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s *Snapshot
		var err error
		// Deflated data may be a thousandth of what it stands for.
		if n, most := allocated(func() { s, err = Decode(data) }), uint64(100_000*len(data)+1<<20); n > most {
			t.Fatalf("decoding %d bytes took %d", len(data), n)
		}
		if err != nil {
			return
		}
		if back, err := Decode(marshalled(t, s)); err != nil || !bytes.Equal(body(t, back), body(t, s)) {
			t.Fatalf("it does not come back: error %v", err)
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(body(f, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s *Snapshot
		var err error
		if n, most := allocated(func() { s, err = decodeBody(data) }), uint64(200*len(data)+64<<10); n > most {
			t.Fatalf("decoding %d bytes took %d", len(data), n)
		}
		if err != nil {
			return
		}
		back, err := decodeBody(body(t, s))
		if err != nil || !bytes.Equal(body(t, back), body(t, s)) {
			t.Fatalf("it does not come back: error %v", err)
		}
		twice := s.Clone()
		twice.Merge(s)
		s.Merge(s.Clone())
		if !bytes.Equal(body(t, twice), body(t, s)) {
			t.Fatal("merging twice what it holds gives two things")
		}
		s.Total()
		s.Window(0, 100)
	})
}
