package job

// The metrics of monitoring runs in CloudWatch. All of them have the dimensions
// service, stage and monitor; the first six also those and scenario.
const (
	MetricNamespace = "Salvo"

	MetricSamples      = "samples"      // of a run; 0 when it could not run
	MetricAvailability = "availability" // percent of a run's samples that were good
	MetricErrors       = "errors"       // of a run

	MetricLatencyP50 = "latencyP50" // milliseconds; by scenario only
	MetricLatencyP95 = "latencyP95"
	MetricLatencyP99 = "latencyP99"

	MetricBudgetLeft = "errorBudgetLeft" // percent, with an objective, as those that follow
	MetricBurnRate1h = "burnRate1h"      // 1: the budget lasts exactly as long as its window
	MetricBurnRate6h = "burnRate6h"
	MetricBurnRate3d = "burnRate3d"
)

// The dimensions of these metrics.
const (
	DimensionService  = "service"
	DimensionStage    = "stage"
	DimensionMonitor  = "monitor"
	DimensionScenario = "scenario"
)
