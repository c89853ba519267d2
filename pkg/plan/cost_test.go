package plan

import (
	"math"
	"testing"
	"time"
)

// TestSpent holds the cost of what has been done against that of a whole plan.
func TestSpent(t *testing.T) {
	tests := []struct {
		name    string
		workers int
		alive   time.Duration
		o       CostOptions
		compute float64 // GB-seconds
		puts    float64
	}{
		{"nothing yet", 0, 0, CostOptions{Memory: 1024}, 60, 8},
		{"two workers", 2, 100 * time.Second, CostOptions{Memory: 1024}, 160, 8 + 2 + 20 + 50},
		{"the default memory", 0, 0, CostOptions{}, 60 * 1769.0 / 1024, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Spent(test.workers, test.alive, test.o)
			if math.Abs(c.Compute.Quantity-test.compute) > 1e-9 || c.Puts.Quantity != test.puts {
				t.Errorf("%v GB-seconds, %v puts", c.Compute.Quantity, c.Puts.Quantity)
			}
			if c.Total < c.Compute.Dollars || c.PricesAsOf == "" {
				t.Errorf("%+v", c)
			}
		})
	}
}
