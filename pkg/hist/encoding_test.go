package hist

import (
	"bytes"
	"encoding/hex"
	"math"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// encodings hold version 1 fixed: results that were written once stay readable.
var encodings = []struct {
	name   string
	values []int64
	hex    string
}{
	{"nothing", nil, "01 00 00 00"},
	{"zero", []int64{0}, "01 01 00 00 00 00 00"},
	{"one", []int64{1}, "01 00 00 01 10 00 00 02"},
	{"small", []int64{1, 1, 3, 8}, "01 00 00 03 11 10 40 00 00 1a"},
	{"far apart", []int64{20, 20_000}, "01 00 00 05 f0 05 f0 f8 07 00 5f e8 b8 02"},
	{"negative", []int64{-2, -1, 0, 5}, "01 01 02 01 10 00 50 00 00 04"},
	{"the bounds of int64", []int64{math.MinInt64, math.MaxInt64},
		"01 00 03 03 f0 f1 38 f0 f0 38 00 00 01"},
	{"sixteen and seventeen alike", []int64{
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	}, "01 00 00 04 1f 00 0f 01 00 00 64"},
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEncoding(t *testing.T) {
	for _, row := range encodings {
		t.Run(row.name, func(t *testing.T) {
			h := of(row.values...)
			want := unhex(t, row.hex)
			for form, h := range map[string]*Histogram{"counted": h, "packed": h.Packed(), "decoded": decoded(t, want)} {
				if got := encoded(t, h); !bytes.Equal(got, want) {
					t.Errorf("%s: got % x, want % x", form, got, want)
				}
			}
		})
	}
}

func TestDecodingRefuses(t *testing.T) {
	for _, row := range []struct{ name, hex, want string }{
		{"nothing", "", "nothing to decode"},
		{"another version", "02 00 00 00", "version 2"},
		{"a cut head", "01 00", "cut short"},
		{"cut entries", "01 00 00 05 10", "cut short"},
		{"no minimum", "01 00 00 01 10", "cut short"},
		{"no sum", "01 00 00 01 10 00 00", "sum is cut short"},
		{"more than the end", "01 00 00 01 10 00 00 02 00", "follows its end"},
		{"more than nothing", "01 00 00 00 00", "follows its end"},
		{"an entry cut at its gap", "01 00 00 01 f0 00 00 02", "cut short"},
		{"an entry cut at its count", "01 00 00 01 1f 00 00 02", "cut short"},
		{"a bucket past the last", "01 00 00 03 f0 f2 38 00 00 02", "out of range"},
		{"a bucket of zero among the positive ones", "01 00 00 01 00 00 00 00", "out of range"},
		{"a gap past all", "01 00 00 0b f0 ff ff ff ff ff ff ff ff ff 01 00 00 02", "out of range"},
		{"too many values in a bucket", "01 00 00 0a 1f ff ff ff ff ff ff ff ff 7f 00 00 02", "too large"},
		{"too many zeros", "01 ff ff ff ff ff ff ff ff ff 01 00 00 00 00 00", "too large"},
		{"a number longer than it need be", "01 81 00 00 00 00 00 00", "too long"},
		{"a sum longer than it need be", "01 00 00 01 10 00 00 82 00", "too long"},
		{"a sum past 128 bits", "01 00 00 01 10 00 00 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 7f", "too large"},
		{"a minimum outside its bucket", "01 00 00 01 10 01 00 02", "outside its bucket"},
		{"a maximum below the minimum", "01 00 00 03 f0 8d 08 64 64 c0 b8 02", "contradict"},
		{"a sum below what the minimum allows", "01 00 00 03 11 10 40 00 00 02", "contradict"},
		{"a sum above what the maximum allows", "01 00 00 03 11 10 40 00 00 7e", "contradict"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := of(1, 2)
			err := h.UnmarshalBinary(unhex(t, row.hex))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got error %v, want one with %q", err, row.want)
			}
			if h.Count() != 2 {
				t.Error("the histogram changed all the same")
			}
		})
	}
}

func TestEncodingKeepsNothingOfItsInput(t *testing.T) {
	data := encoded(t, of(-300, -4, 5, 600))
	h := decoded(t, data)
	want := encoded(t, h)
	clear(data)
	if got := encoded(t, h); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestInt128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := int128{rapid.Int64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		d := decoder{data: appendUvarint128(nil, a)}
		if got := d.uvarint128(); got != a || d.err != nil || len(d.data) > 0 {
			t.Fatalf("%v comes back as %v, error %v, %d bytes left", a, got, d.err, len(d.data))
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	for _, row := range encodings {
		f.Add(unhex(f, row.hex))
	}
	f.Add(encoded(f, lognormal(1000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h := new(Histogram)
		err := h.UnmarshalBinary(data)
		runtime.ReadMemStats(&after)
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(4*len(data)+16<<10); got > most {
			t.Fatalf("decoding %d bytes took %d", len(data), got)
		}
		if err != nil {
			return
		}
		if again := encoded(t, h); !bytes.Equal(again, data) {
			t.Fatalf("encoded again it is % x", again)
		}
		var n int64
		for _, count := range h.Buckets() {
			n = addCounts(n, count)
		}
		if n != h.Count() {
			t.Fatalf("its buckets hold %d values, it says %d", n, h.Count())
		}
		for _, q := range []float64{0, 0.1, 0.5, 0.99, 1} {
			if v := h.Quantile(q); v < h.Min() || v > h.Max() {
				t.Fatalf("quantile %v is %d, outside %d to %d", q, v, h.Min(), h.Max())
			}
		}
		counted := new(Histogram)
		counted.Record(1)
		counted.Merge(h)
		packed := of(1).Packed()
		packed.Merge(h)
		h.Record(1)
		for name, other := range map[string]*Histogram{"counted": counted, "packed": packed} {
			if got, want := encoded(t, other), encoded(t, h); !bytes.Equal(got, want) {
				t.Fatalf("merged into one that is %s: % x; recorded: % x", name, got, want)
			}
		}
	})
}
