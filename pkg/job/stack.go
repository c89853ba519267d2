package job

// The outputs of a deployed stack, by which the command finds its parts.
const (
	OutputBucket         = "Bucket"          // the name of the bucket that is the store
	OutputStateMachine   = "StateMachineArn" // the ARN of the state machine
	OutputSplitter       = "Splitter"        // the names of the functions
	OutputWorker         = "Worker"
	OutputAggregator     = "Aggregator"
	OutputTopic          = "AlertTopicArn"  // the ARN of the topic that alerts go to
	OutputScheduleRule   = "ScheduleRule"   // the name of the rule that starts monitoring runs
	OutputMaxConcurrency = "MaxConcurrency" // how many workers a plan may have at once
	OutputWorkerMemory   = "WorkerMemory"   // in MB
	OutputWorkerTimeout  = "WorkerTimeout"  // in seconds
	OutputVersion        = "Version"        // of Salvo, as it was deployed
)

// The tags of a stack and of all that is in it.
const (
	TagService = "salvo:service"
	TagStage   = "salvo:stage"
)

// DeployedScript is where the bundle lies that a deployment brought along: a
// value of the object in EnvScripts, whose keys are the names by which requests
// ask for scripts, as in {">>": "script.yml"}.
type DeployedScript struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	File   string `json:"file"`   // the script's path in the bundle
	SHA256 string `json:"sha256"` // of the bundle, in hex
}
