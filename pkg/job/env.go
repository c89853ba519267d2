package job

// The environment variables that the functions read.
const (
	// EnvBucket is the name of the bucket that holds the runs.
	EnvBucket = "SALVO_BUCKET"
	// EnvMaxConcurrency is how many workers the account runs at once.
	EnvMaxConcurrency = "SALVO_MAX_CONCURRENCY"
	// EnvWorkerTimeout is for how many seconds a worker may run.
	EnvWorkerTimeout = "SALVO_WORKER_TIMEOUT"
	// EnvSecrets is a JSON object: under the name of an environment variable that
	// scripts see, where its value is kept: "ssm:<name of a parameter>" or
	// "secretsmanager:<name or ARN of a secret>", with "#<key>" behind it for one
	// value of a secret that is a JSON object.
	EnvSecrets = "SALVO_SECRETS"
	// EnvScripts is a JSON object of the scripts that were deployed: a
	// DeployedScript under each name.
	EnvScripts = "SALVO_SCRIPTS"
	// EnvTopic is the ARN of the topic that alerts go to.
	EnvTopic = "SALVO_TOPIC"
	// EnvMonitoring is a JSON object of what the deployment says about monitoring:
	// monitor.Settings.
	EnvMonitoring = "SALVO_MONITORING"
	// EnvService and EnvStage name the stack: alerts and metrics carry them.
	EnvService = "SALVO_SERVICE"
	EnvStage   = "SALVO_STAGE"
	// EnvDisableEnsure, when it is set to anything, leaves the checks of `ensure`
	// out. The name is Artillery's.
	EnvDisableEnsure = "ARTILLERY_DISABLE_ENSURE"
)
