package job

// The environment variables that the functions read.
const (
	// EnvBucket is the name of the bucket that holds the runs.
	EnvBucket = "SALVO_BUCKET"
	// EnvMaxConcurrency is how many workers the account runs at once.
	EnvMaxConcurrency = "SALVO_MAX_CONCURRENCY"
	// EnvDisableEnsure, when it is set to anything, leaves the checks of `ensure`
	// out. The name is Artillery's.
	EnvDisableEnsure = "ARTILLERY_DISABLE_ENSURE"
)
