package report

import (
	"math"
	"strconv"

	"salvo/pkg/hist"
)

// binsPerDecade is how finely the distribution is drawn.
const binsPerDecade = 20

// Distribution is the histogram of all response times in bins of equal width on
// a logarithmic scale, for drawing: bin i counts what is over UpTo[i-1] and not
// over UpTo[i], in milliseconds. Percentiles come from the exact histogram, not
// from here.
type Distribution struct {
	UpTo  []float64 `json:"upTo"`
	Count []int64   `json:"count"`
}

func newDistribution(h *hist.Histogram) Distribution {
	d := Distribution{UpTo: []float64{}, Count: []int64{}}
	if h == nil || h.Count() == 0 {
		return d
	}
	least, most := h.Min(), h.Max()
	first := bin(least)
	for i := first; i <= bin(most); i++ {
		d.UpTo = append(d.UpTo, edge(i))
		d.Count = append(d.Count, 0)
	}
	for bucket, n := range h.Buckets() {
		middle := bucket.Low + (bucket.High-bucket.Low)/2
		d.Count[bin(min(max(middle, least), most))-first] += n
	}
	return d
}

// bin is the bin of a value in microseconds: bin 0 holds what is at most 1.
func bin(us int64) int {
	if us <= 1 {
		return 0
	}
	return int(math.Ceil(binsPerDecade*math.Log10(float64(us)) - 1e-9))
}

// edge is the upper end of a bin in milliseconds, with four significant digits.
func edge(i int) float64 {
	text := strconv.FormatFloat(math.Pow(10, float64(i)/binsPerDecade)/perUnit, 'g', 4, 64)
	v, _ := strconv.ParseFloat(text, 64) // it is what FormatFloat wrote
	return v
}
